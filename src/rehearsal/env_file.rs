//! `STATE_DIR/rehearsal.env`: addresses and generated keys of the embedded parts, to be sourced by a shell.
//! Keys are made once and kept over restarts, so that a worker or a script set up today works tomorrow.

use std::fmt::Write as _;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::{OpenOptionsExt, PermissionsExt};
use std::path::{Path, PathBuf};

pub struct EnvFile {
    path: PathBuf,
    variables: Vec<(String, String)>,
}

impl EnvFile {
    pub fn open(state_dir: &Path) -> io::Result<Self> {
        let path = state_dir.join("rehearsal.env");
        let text = match fs::read_to_string(&path) {
            Ok(text) => text,
            Err(e) if e.kind() == io::ErrorKind::NotFound => String::new(),
            Err(e) => return Err(e),
        };
        let variables = text.lines().filter_map(|line| {
            let (name, value) = line.strip_prefix("export ")?.split_once('=')?;
            Some((name.to_owned(), value.trim_matches('\'').to_owned()))
        });
        Ok(Self {
            path,
            variables: variables.collect(),
        })
    }

    /// Empty when absent.
    pub fn get(&self, name: &str) -> String {
        let found = self.variables.iter().find(|(n, _)| n == name);
        found.map(|(_, value)| value.clone()).unwrap_or_default()
    }

    pub fn set(&mut self, name: &str, value: &str) {
        match self.variables.iter_mut().find(|(n, _)| n == name) {
            Some((_, old)) => *old = value.to_owned(),
            None => self.variables.push((name.to_owned(), value.to_owned())),
        }
    }

    /// The key of an earlier start, or a new random one.
    pub fn keep_or_make(&mut self, name: &str, prefix: &str) -> String {
        let kept = self.get(name);
        if !kept.is_empty() {
            return kept;
        }
        let mut bytes = [0u8; 20];
        getrandom::fill(&mut bytes).expect("the system has randomness");
        let made = format!("{prefix}{}", hex::encode(bytes));
        self.set(name, &made);
        made
    }

    /// Written whole, readable by this user only.
    pub fn save(&self) -> io::Result<()> {
        let mut text = String::from(
            "# Rehearsal stage: addresses and keys of the embedded S3 and the local endpoint. Rewritten at each start.\n",
        );
        for (name, value) in &self.variables {
            // single quotes: the worker's addresses hold dollars that a shell would expand
            let _ = writeln!(text, "export {name}='{value}'");
        }
        let temporary = self.path.with_extension("env.new");
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(0o600)
            .open(&temporary)?;
        file.set_permissions(fs::Permissions::from_mode(0o600))?;
        file.write_all(text.as_bytes())?;
        file.sync_all()?;
        fs::rename(&temporary, &self.path)
    }
}
