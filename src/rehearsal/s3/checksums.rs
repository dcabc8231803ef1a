//! The digests of a body: the ETag's MD5, and the five checksums SDKs send along since 2025 (`x-amz-checksum-*`).
//!
//! A checksum is computed only if the client asked for that algorithm, is compared with what the client claimed, kept, and
//! given back when asked for. None is invented for a client that sent none.

use std::collections::BTreeMap;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use http::HeaderMap;
use s3s::checksum::ChecksumHasher;
use s3s::crypto::{Checksum as _, Md5};
use s3s::dto::{Checksum, ChecksumType};
use s3s::{S3Result, s3_error};
use serde::{Deserialize, Serialize};

/// The checksum algorithms of S3.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Algorithm {
    Crc32,
    Crc32c,
    Crc64nvme,
    Sha1,
    Sha256,
}

impl Algorithm {
    const ALL: [Self; 5] = [
        Self::Crc32,
        Self::Crc32c,
        Self::Crc64nvme,
        Self::Sha1,
        Self::Sha256,
    ];

    fn header(self) -> &'static str {
        match self {
            Self::Crc32 => "x-amz-checksum-crc32",
            Self::Crc32c => "x-amz-checksum-crc32c",
            Self::Crc64nvme => "x-amz-checksum-crc64nvme",
            Self::Sha1 => "x-amz-checksum-sha1",
            Self::Sha256 => "x-amz-checksum-sha256",
        }
    }

    fn hasher(self) -> ChecksumHasher {
        let mut hasher = ChecksumHasher::default();
        match self {
            Self::Crc32 => hasher.crc32 = Some(Default::default()),
            Self::Crc32c => hasher.crc32c = Some(Default::default()),
            Self::Crc64nvme => hasher.crc64nvme = Some(Default::default()),
            Self::Sha1 => hasher.sha1 = Some(Default::default()),
            Self::Sha256 => hasher.sha256 = Some(Default::default()),
        }
        hasher
    }
}

/// Base64 digests by algorithm.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Checksums {
    values: BTreeMap<Algorithm, String>,
    /// Digests of the parts' digests (`…-3`), not of the bytes.
    composite: bool,
}

/// Takes the claimed checksums out of an S3 input (the five fields have the same names in every input).
macro_rules! claimed_checksums {
    ($input:expr) => {
        $crate::rehearsal::s3::checksums::Checksums::from(s3s::dto::Checksum {
            checksum_crc32: $input.checksum_crc32.take(),
            checksum_crc32c: $input.checksum_crc32c.take(),
            checksum_crc64nvme: $input.checksum_crc64nvme.take(),
            checksum_sha1: $input.checksum_sha1.take(),
            checksum_sha256: $input.checksum_sha256.take(),
            checksum_type: None,
        })
    };
}
pub(super) use claimed_checksums;

/// Sets the checksums of an S3 output.
macro_rules! set_checksums {
    ($output:expr, $checksums:expr) => {{
        let dto = s3s::dto::Checksum::from($checksums);
        $output.checksum_crc32 = dto.checksum_crc32;
        $output.checksum_crc32c = dto.checksum_crc32c;
        $output.checksum_crc64nvme = dto.checksum_crc64nvme;
        $output.checksum_sha1 = dto.checksum_sha1;
        $output.checksum_sha256 = dto.checksum_sha256;
    }};
}
pub(super) use set_checksums;

impl From<Checksum> for Checksums {
    fn from(dto: Checksum) -> Self {
        let values = [
            (Algorithm::Crc32, dto.checksum_crc32),
            (Algorithm::Crc32c, dto.checksum_crc32c),
            (Algorithm::Crc64nvme, dto.checksum_crc64nvme),
            (Algorithm::Sha1, dto.checksum_sha1),
            (Algorithm::Sha256, dto.checksum_sha256),
        ];
        let values = values
            .into_iter()
            .filter_map(|(algorithm, value)| Some((algorithm, value?)))
            .collect();
        Self {
            values,
            composite: false,
        }
    }
}

impl From<&Checksums> for Checksum {
    fn from(checksums: &Checksums) -> Self {
        let value = |algorithm| checksums.values.get(&algorithm).cloned();
        Self {
            checksum_crc32: value(Algorithm::Crc32),
            checksum_crc32c: value(Algorithm::Crc32c),
            checksum_crc64nvme: value(Algorithm::Crc64nvme),
            checksum_sha1: value(Algorithm::Sha1),
            checksum_sha256: value(Algorithm::Sha256),
            checksum_type: checksums.kind(),
        }
    }
}

impl Checksums {
    /// The kind S3 names in `x-amz-checksum-type`; none without a checksum.
    pub fn kind(&self) -> Option<ChecksumType> {
        let kind = if self.composite {
            ChecksumType::COMPOSITE
        } else {
            ChecksumType::FULL_OBJECT
        };
        (!self.values.is_empty()).then(|| ChecksumType::from_static(kind))
    }

    /// What remains true of a copy of the same bytes made in another number of parts.
    pub fn of_the_bytes(&self) -> Self {
        if self.composite {
            Self::default()
        } else {
            self.clone()
        }
    }

    /// Fills in the values that came behind the body (aws-chunked trailers).
    pub fn add_trailers(&mut self, trailers: &HeaderMap) {
        for algorithm in Algorithm::ALL {
            if let Some(Ok(value)) = trailers.get(algorithm.header()).map(|value| value.to_str()) {
                self.values
                    .entry(algorithm)
                    .or_insert_with(|| value.to_owned());
            }
        }
    }

    /// Compares every claimed value with the computed one of the same algorithm.
    ///
    /// # Errors
    /// `BadDigest` (400) naming the header that does not fit the bytes.
    pub fn check_claims(&self, claimed: &Self) -> S3Result<()> {
        for (algorithm, claim) in &claimed.values {
            if self.values.get(algorithm) != Some(claim) {
                let header = algorithm.header();
                return Err(s3_error!(
                    BadDigest,
                    "The {header} you specified does not fit the bytes that arrived."
                ));
            }
        }
        Ok(())
    }

    /// The checksums of a multipart object: digests over the parts' digests, for each algorithm that every part has.
    /// CRC64NVME has no such form.
    pub fn of_parts(parts: &[&Self]) -> Self {
        let mut values = BTreeMap::new();
        for algorithm in Algorithm::ALL
            .into_iter()
            .filter(|algorithm| *algorithm != Algorithm::Crc64nvme)
        {
            let digests = parts
                .iter()
                .map(|part| BASE64_STANDARD.decode(part.values.get(&algorithm)?).ok());
            let Some(digests) = digests.collect::<Option<Vec<_>>>() else {
                continue;
            };
            let mut hasher = algorithm.hasher();
            digests.iter().for_each(|digest| hasher.update(digest));
            let sums = Self::from(hasher.finalize()).values;
            values.extend(
                sums.into_iter()
                    .map(|(algorithm, sum)| (algorithm, format!("{sum}-{}", parts.len()))),
            );
        }
        Self {
            values,
            composite: true,
        }
    }
}

/// The running digests of one body.
pub(super) struct Hashers {
    md5: Option<Md5>,
    sums: Vec<ChecksumHasher>,
}

impl Hashers {
    /// MD5 for the ETag, and whatever the client claims in front of the body or announces behind it (`x-amz-trailer`).
    pub fn for_body(claimed: &Checksums, headers: &HeaderMap) -> Self {
        let trailers = headers
            .get("x-amz-trailer")
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        let announced = |algorithm: Algorithm| {
            trailers
                .split(',')
                .any(|name| name.trim() == algorithm.header())
        };
        let wanted =
            |algorithm: &Algorithm| claimed.values.contains_key(algorithm) || announced(*algorithm);
        let sums = Algorithm::ALL
            .into_iter()
            .filter(wanted)
            .map(Algorithm::hasher)
            .collect();
        Self {
            md5: Some(Md5::new()),
            sums,
        }
    }

    /// Only what is claimed: the bytes' ETag is known already.
    pub fn without_md5(claimed: &Checksums) -> Self {
        Self {
            md5: None,
            ..Self::for_body(claimed, &HeaderMap::new())
        }
    }

    /// Nothing.
    pub fn idle() -> Self {
        Self {
            md5: None,
            sums: Vec::new(),
        }
    }

    /// MD5 alone.
    pub fn md5_only() -> Self {
        Self {
            md5: Some(Md5::new()),
            sums: Vec::new(),
        }
    }

    pub fn is_idle(&self) -> bool {
        self.md5.is_none() && self.sums.is_empty()
    }

    pub fn update(&mut self, bytes: &[u8]) {
        if let Some(md5) = &mut self.md5 {
            md5.update(bytes);
        }
        self.sums.iter_mut().for_each(|sum| sum.update(bytes));
    }

    /// The MD5 (if it was wanted) and the checksums.
    pub fn finish(self) -> (Option<[u8; 16]>, Checksums) {
        let values = self
            .sums
            .into_iter()
            .flat_map(|sum| Checksums::from(sum.finalize()).values)
            .collect();
        (
            self.md5.map(Md5::finalize),
            Checksums {
                values,
                composite: false,
            },
        )
    }
}
