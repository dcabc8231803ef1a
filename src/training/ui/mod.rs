//! Pages and parts of training.
