"""The .snnrt file: writer, reader, layout."""
