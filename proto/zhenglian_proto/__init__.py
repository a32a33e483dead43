"""Protocol messages: the .proto files are the source, the stubs beside them are generated."""
