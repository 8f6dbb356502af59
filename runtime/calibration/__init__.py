"""Which exit a network gets, by a promise that held-out inputs certify."""
