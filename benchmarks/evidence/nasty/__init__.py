"""Nasty studies, judged by HyperVerdict (before and after) and by its peers."""
