//! Pages and parts of dataset.
