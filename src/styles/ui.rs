//! Pages and parts of styles.
