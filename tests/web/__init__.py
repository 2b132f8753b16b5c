"""Tests of the web page: routes without a browser, and stories in a real one."""
