//! Pages and parts of tunnel.
