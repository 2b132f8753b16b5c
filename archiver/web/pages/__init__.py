"""The pages, one file for each subject; each has a `router` that `archiver.web.app` takes in."""
