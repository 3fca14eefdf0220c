"""What people watch the service by: the dashboards, from one readable list of panels."""
