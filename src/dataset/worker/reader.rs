//! Reading files piece by piece: whatever their size, only a piece of them is in memory.

use super::browser::FileReaderSync;
use js_sys::Uint8Array;
use md5::{Digest, Md5};
use std::io::{Error, Read, Result, Seek, SeekFrom};
use wasm_bindgen_futures::JsFuture;
use web_sys::Blob;

/// Bytes hashed at once.
const PIECE: u64 = 4 << 20;
/// Bytes an archive is read by.
const BUFFER: u64 = 256 << 10;

/// Bytes `from` to `to` (or the end); `None` when the file cannot be read any more.
pub async fn bytes(file: &Blob, from: u64, to: u64) -> Option<Vec<u8>> {
    let part = file.slice_with_f64_and_f64(from as f64, to as f64).ok()?;
    let read = JsFuture::from(part.array_buffer()).await.ok()?;
    Some(Uint8Array::new(&read).to_vec())
}

/// Lower-case hexadecimal.
pub async fn md5(file: &Blob) -> Option<String> {
    let size = file.size() as u64;
    let mut digest = Md5::new();
    let mut at = 0;
    while at < size {
        digest.update(bytes(file, at, at + PIECE).await?);
        at += PIECE;
    }
    let hash = digest.finalize();
    Some(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}

/// A file that is read where it stands, as unpacking needs it. Only a worker may wait like this.
pub struct SyncReader {
    file: Blob,
    reader: FileReaderSync,
    at: u64,
    buffer: Vec<u8>,
    buffer_at: u64,
}

impl SyncReader {
    pub fn new(file: Blob) -> Self {
        Self {
            file,
            reader: FileReaderSync::new(),
            at: 0,
            buffer: Vec::new(),
            buffer_at: 0,
        }
    }

    fn size(&self) -> u64 {
        self.file.size() as u64
    }

    fn fill(&mut self) -> Result<()> {
        let gone = |_| Error::other("the file cannot be read any more");
        let end = (self.at + BUFFER).min(self.size());
        let part = self.file.slice_with_f64_and_f64(self.at as f64, end as f64);
        let read = self.reader.read(&part.map_err(gone)?).map_err(gone)?;
        self.buffer = Uint8Array::new(&read).to_vec();
        self.buffer_at = self.at;
        Ok(())
    }
}

impl Read for SyncReader {
    fn read(&mut self, out: &mut [u8]) -> Result<usize> {
        if self.at >= self.size() || out.is_empty() {
            return Ok(0);
        }
        let end = self.buffer_at + self.buffer.len() as u64;
        if self.at < self.buffer_at || self.at >= end {
            self.fill()?;
        }
        let from = (self.at - self.buffer_at) as usize;
        let count = out.len().min(self.buffer.len() - from);
        out[..count].copy_from_slice(&self.buffer[from..from + count]);
        self.at += count as u64;
        Ok(count)
    }
}

impl Seek for SyncReader {
    fn seek(&mut self, to: SeekFrom) -> Result<u64> {
        let target = match to {
            SeekFrom::Start(at) => Some(at),
            SeekFrom::End(by) => self.size().checked_add_signed(by),
            SeekFrom::Current(by) => self.at.checked_add_signed(by),
        };
        self.at = target.ok_or_else(|| Error::other("before the beginning"))?;
        Ok(self.at)
    }
}
