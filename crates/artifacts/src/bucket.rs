//! Contents in a bucket of Amazon S3, or of any server that speaks like it.

use crate::objects::{INCOMING, Objects, failed};
use async_trait::async_trait;
use futures::TryStreamExt;
use object_store::{
    ClientOptions, ObjectStoreExt,
    aws::{AmazonS3, AmazonS3Builder},
    path::Path as Place,
    prefix::PrefixStore,
};
use secrecy::{ExposeSecret, SecretString};
use std::{ops::Range, sync::Arc, time::Duration};
use switchboard_domain::{
    Timestamp,
    ports::{ArtifactError, Artifacts, Content, Incoming},
};
use uuid::Uuid;

/// The largest content, in bytes: no larger one can be put in place by one request (Amazon S3 API,
/// `CopyObject`).
pub const LARGEST: u64 = 5 << 30;
/// How many bytes are sent at a time. S3 takes parts of 5 MiB and more, and 10,000 of them.
const PART: usize = 8 << 20;
/// What lies there half sent for longer belongs to nobody any more, in seconds.
const ABANDONED_S: i64 = 86_400;
/// How long a connection may take to come about, and how long the server may say nothing. How long a
/// whole request takes is a matter of its size.
const CONNECT: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_mins(2);

/// Where a bucket is, and who may use it.
pub struct BucketConfig {
    /// Its name.
    pub bucket: String,
    /// The address of the server; none for Amazon's.
    pub endpoint: Option<String>,
    /// The region.
    pub region: String,
    /// What all names in the bucket begin with.
    pub prefix: Option<String>,
    /// The key's id and the key; none for those that Amazon gives its own machines.
    pub key: Option<(SecretString, SecretString)>,
}

/// The settings of a bucket cannot work. Never says a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the bucket {bucket} cannot be used: {why}")]
pub struct BadBucket {
    bucket: String,
    why: String,
}

/// Contents in a bucket. Several servers may use it at once.
pub struct Bucket(pub(crate) Objects);

impl Bucket {
    /// The contents in this bucket, once it was asked whether it may be used.
    ///
    /// # Errors
    /// [`BadBucket`] when it is not there, or not for these keys.
    pub async fn open(config: BucketConfig, now: Timestamp) -> Result<Self, BadBucket> {
        let unfit = |why: String| BadBucket {
            bucket: config.bucket.clone(),
            why,
        };
        let store = client(&config).map_err(|error| unfit(error.to_string()))?;
        let prefix = config.prefix.as_deref().unwrap_or_default();
        let prefix = Place::parse(prefix).map_err(|error| unfit(error.to_string()))?;
        let bucket = Self(Objects {
            store: Arc::new(PrefixStore::new(store, prefix)),
            part: PART,
        });
        let swept = bucket.sweep(now).await;
        swept.map_err(|error| unfit(error.to_string()))?;
        Ok(bucket)
    }

    /// Removes what was sent and never put in place. What is only half sent no list shows: the bucket's
    /// own rules end such uploads.
    pub(crate) async fn sweep(&self, now: Timestamp) -> Result<(), ArtifactError> {
        let incoming = Place::from(INCOMING);
        let mut found = self.0.store.list(Some(&incoming));
        while let Some(object) = found.try_next().await.map_err(failed)? {
            let since = object.last_modified.timestamp_micros();
            if Timestamp::from_micros(since).plus_seconds(ABANDONED_S) < now {
                self.0
                    .store
                    .delete(&object.location)
                    .await
                    .map_err(failed)?;
            }
        }
        Ok(())
    }
}

fn client(config: &BucketConfig) -> Result<AmazonS3, object_store::Error> {
    let options = ClientOptions::new()
        .with_connect_timeout(CONNECT)
        .with_timeout_disabled()
        .with_read_timeout(IDLE);
    let mut builder = AmazonS3Builder::new()
        .with_bucket_name(&config.bucket)
        .with_region(&config.region)
        .with_client_options(options);
    if let Some(endpoint) = &config.endpoint {
        builder = builder
            .with_endpoint(endpoint)
            .with_allow_http(endpoint.starts_with("http://"));
    }
    if let Some((id, key)) = &config.key {
        builder = builder
            .with_access_key_id(id.expose_secret())
            .with_secret_access_key(key.expose_secret());
    }
    builder.build()
}

#[async_trait]
impl Artifacts for Bucket {
    async fn begin(&self, name: Uuid) -> Result<Box<dyn Incoming>, ArtifactError> {
        self.0.begin(name).await
    }

    async fn read(&self, hash: &str, range: Range<u64>) -> Result<Content, ArtifactError> {
        self.0.read(hash, range).await
    }

    async fn remove(&self, hash: &str) -> Result<(), ArtifactError> {
        self.0.remove(hash).await
    }
}
