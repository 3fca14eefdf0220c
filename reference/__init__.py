"""What is written about the API, generated from its code: the OpenAPI document, the request's schema, tables."""
