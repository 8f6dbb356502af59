"""The rules of training frameworks."""
