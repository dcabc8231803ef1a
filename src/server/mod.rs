//! The server's shared room: configuration, documents, one file per outside system, and the HTTP shell.
//! Knows no feature; only `router` mounts their routes.

pub mod access;
pub mod agent;
pub mod allowance;
pub mod cloudflared;
pub mod config;
pub mod documents;
pub mod door;
pub mod etag;
pub mod forms;
pub mod fresh;
pub mod gate;
pub mod guard;
pub mod listen;
pub mod ngrok;
pub mod notify;
pub mod openapi;
pub mod own_scope;
pub mod patience;
pub mod policy;
pub mod probe;
pub mod problem;
pub mod redact;
pub mod residents;
pub mod room;
pub mod router;
pub mod runpod;
pub mod s3;
pub mod serve;
pub mod state;
pub mod telemetry;
pub mod token;
pub mod vision;
