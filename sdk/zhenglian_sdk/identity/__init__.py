"""The identity gateway: the port, the local-key implementation, its service and its client."""
