"""What is checked: one file a consumer."""
