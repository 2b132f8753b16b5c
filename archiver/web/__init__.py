"""The web page: thin over the use cases in `archiver.desk`. It decides nothing that they decide."""
