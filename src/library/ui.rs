//! Pages and parts of library.
