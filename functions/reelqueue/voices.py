"""The voices that a scene may be spoken by: Amazon Polly's neural ones, each with its language.

An engine that has none of them (the one of the local stack) speaks the same language in its own way.
"""

from __future__ import annotations

from typing import Literal

VoiceName = Literal[
    "Adriano", "Amy", "Andres", "Aria", "Arlet", "Arthur", "Ayanda", "Bianca", "Brian", "Burcu", "Camila", "Daniel",
    "Danielle", "Elin", "Emma", "Gabrielle", "Gregory", "Hala", "Hannah", "Hiujin", "Ida", "Ines", "Isabelle", "Ivy",
    "Jasmine", "Jihye", "Jitka", "Joanna", "Joey", "Justin", "Kajal", "Kazuha", "Kendra", "Kevin", "Kimberly", "Laura",
    "Lea", "Liam", "Lisa", "Lucia", "Lupe", "Matthew", "Mia", "Niamh", "Ola", "Olivia", "Pedro", "Remi", "Ruth",
    "Sabrina", "Salli", "Seoyeon", "Sergio", "Sofie", "Stephen", "Suvi", "Takumi", "Thiago", "Tomoko", "Vicki",
    "Vitoria", "Zayd", "Zhiyu",
]  # fmt: skip

_BY_LANGUAGE = {
    "ar-AE": "Hala Zayd", "ca-ES": "Arlet", "cmn-CN": "Zhiyu", "cs-CZ": "Jitka", "da-DK": "Sofie",
    "de-AT": "Hannah", "de-CH": "Sabrina", "de-DE": "Daniel Vicki", "en-AU": "Olivia", "en-GB": "Amy Arthur Brian Emma",
    "en-IE": "Niamh", "en-IN": "Kajal", "en-NZ": "Aria", "en-SG": "Jasmine",
    "en-US": "Danielle Gregory Ivy Joanna Joey Justin Kendra Kevin Kimberly Matthew Ruth Salli Stephen",
    "en-ZA": "Ayanda", "es-ES": "Lucia Sergio", "es-MX": "Andres Mia", "es-US": "Lupe Pedro", "fi-FI": "Suvi",
    "fr-BE": "Isabelle", "fr-CA": "Gabrielle Liam", "fr-FR": "Lea Remi", "it-IT": "Adriano Bianca",
    "ja-JP": "Kazuha Takumi Tomoko", "ko-KR": "Jihye Seoyeon", "nb-NO": "Ida", "nl-BE": "Lisa", "nl-NL": "Laura",
    "pl-PL": "Ola", "pt-BR": "Camila Thiago Vitoria", "pt-PT": "Ines", "sv-SE": "Elin", "tr-TR": "Burcu",
    "yue-CN": "Hiujin",
}  # fmt: skip

LANGUAGES: dict[str, str] = {name: language for language, names in _BY_LANGUAGE.items() for name in names.split()}
"""The language (BCP 47) of each voice."""

_MEN = "Adriano Andres Arthur Brian Daniel Gregory Joey Justin Kevin Liam Matthew Pedro Remi Sergio Stephen Takumi"
MALE = frozenset([*_MEN.split(), "Thiago", "Zayd"])
