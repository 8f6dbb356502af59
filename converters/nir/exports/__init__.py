"""What each framework writes in NIR, undone: the constants that it computed with come back."""
