"""What was decided, looked at afterwards."""
