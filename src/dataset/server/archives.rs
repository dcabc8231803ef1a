//! A `.zip` that came by a plain form: unpacked to the spool. A browser with script unpacks archives by itself.

use super::intake::Piece;
use super::spool::{Spooled, no_room};
use crate::dataset::unzip;
use crate::error::AppError;
use crate::server::state::AppState;
use std::fs::File;
use std::io::BufReader;

/// The files that may be taken, and a sentence for each entry that stays inside.
pub async fn unpack(
    state: &AppState,
    name: &str,
    file: Spooled,
) -> Result<(Vec<Piece>, Vec<String>), AppError> {
    let (state, name) = (state.clone(), name.to_owned());
    let unpacked = tokio::task::spawn_blocking(move || {
        let from = BufReader::new(File::open(file.path()).map_err(no_room)?);
        let mut pieces = Vec::new();
        let refused = unzip::unpack(&name, from, file.size_bytes, |path, bytes| {
            let file = Spooled::write(&state, &bytes)?;
            pieces.push(Piece { path, file });
            Ok::<_, AppError>(())
        })?;
        Ok((pieces, refused))
    });
    unpacked
        .await
        .unwrap_or_else(|_| Err(AppError::internal("The archive could not be unpacked.")))
}
