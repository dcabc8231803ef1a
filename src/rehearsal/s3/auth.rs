//! The one key pair that may use the store. Whoever comes with another is told so as S3 would, and nothing else.

use std::pin::Pin;

use s3s::auth::{S3Auth, SecretKey};
use s3s::{S3Result, s3_error};

pub(super) struct SingleKey {
    pub access_key_id: String,
    pub secret_access_key: SecretKey,
}

impl S3Auth for SingleKey {
    // written out as the trait's `async_trait` expands, so that the crate need not be a dependency
    fn get_secret_key<'s, 'k, 'f>(
        &'s self,
        access_key: &'k str,
    ) -> Pin<Box<dyn Future<Output = S3Result<SecretKey>> + Send + 'f>>
    where
        's: 'f,
        'k: 'f,
        Self: 'f,
    {
        let known = access_key == self.access_key_id;
        let answer = if known {
            Ok(self.secret_access_key.clone())
        } else {
            Err(s3_error!(
                InvalidAccessKeyId,
                "The access key is not the one this store was started with."
            ))
        };
        Box::pin(std::future::ready(answer))
    }
}
