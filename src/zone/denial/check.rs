//! What is wrong with a zone's denial structures.
