use super::*;
use crate::disk::PART;
use bytes::Bytes;
use futures::TryStreamExt;
use std::path::Path;
use switchboard_domain::{
    Timestamp,
    ports::{ArtifactError, Artifacts},
};
use uuid::Uuid;

async fn whole(store: &dyn Artifacts, hash: &str, range: std::ops::Range<u64>) -> Vec<u8> {
    let content = store.read(hash, range).await.unwrap();
    let chunks: Vec<Bytes> = content.try_collect().await.unwrap();
    chunks.concat()
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 1;
    };
    entries.map(|entry| files(&entry.unwrap().path())).sum()
}

/// A bucket of the server in `SWITCHBOARD_TEST_S3`, if there is one. What is in it is this test's alone.
async fn bucket(name: &str) -> Option<Bucket> {
    let Ok(endpoint) = std::env::var("SWITCHBOARD_TEST_S3") else {
        eprintln!("skipped: SWITCHBOARD_TEST_S3 names no server; scripts/s3 starts one");
        return None;
    };
    let config = BucketConfig {
        bucket: "switchboard".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        prefix: Some(format!("crate/{name}")),
        key: Some(("id".into(), "key".into())),
    };
    Some(
        Bucket::open(config, Timestamp::from_micros(0))
            .await
            .unwrap(),
    )
}

/// Takes in a content of so many parts and three bytes, reads it and removes it.
async fn is_kept(store: &dyn Artifacts, part: usize, parts: usize) {
    let hash = "ab".repeat(32);
    let mut incoming = store.begin(Uuid::from_u128(1)).await.unwrap();
    for _ in 0..parts {
        incoming.write(Bytes::from(vec![7; part])).await.unwrap();
    }
    incoming.write(Bytes::from_static(b"end")).await.unwrap();
    assert!(matches!(
        store.read(&hash, 0..1).await,
        Err(ArtifactError::Missing)
    ));
    incoming.finish().await.unwrap();
    incoming.keep(&hash).await.unwrap();
    incoming.discard().await;
    let size = (parts * part) as u64 + 3;
    assert_eq!(whole(store, &hash, 0..size).await.len() as u64, size);
    assert_eq!(whole(store, &hash, size - 3..size).await, b"end");
    assert_eq!(whole(store, &hash, 0..0).await, b"");
    store.remove(&hash).await.unwrap();
    store.remove(&hash).await.unwrap();
    assert!(matches!(
        store.read(&hash, 0..0).await,
        Err(ArtifactError::Missing)
    ));
}

#[tokio::test]
async fn what_came_in_is_kept_read_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    is_kept(&disk, PART, 3).await;
    assert_eq!(files(folder.path()), 0);
}

#[tokio::test]
async fn what_came_in_is_kept_read_and_removed_in_a_bucket() {
    let Some(bucket) = bucket("kept").await else {
        return;
    };
    is_kept(&bucket, 5 << 20, 4).await;
    is_kept(&bucket, 1, 0).await;
}

#[tokio::test]
async fn nothing_is_a_content_too() {
    let folder = tempfile::tempdir().unwrap();
    let mut stores: Vec<Box<dyn Artifacts>> = vec![Box::new(Disk::open(folder.path()).unwrap())];
    if let Some(bucket) = bucket("nothing").await {
        stores.push(Box::new(bucket));
    }
    for store in stores {
        let mut incoming = store.begin(Uuid::from_u128(3)).await.unwrap();
        incoming.finish().await.unwrap();
        incoming.keep("cdcd").await.unwrap();
        assert_eq!(whole(&*store, "cdcd", 0..0).await, b"");
    }
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_none() {
    let Ok(endpoint) = std::env::var("SWITCHBOARD_TEST_S3") else {
        eprintln!("skipped: SWITCHBOARD_TEST_S3 names no server; scripts/s3 starts one");
        return;
    };
    let config = BucketConfig {
        bucket: "nowhere".to_owned(),
        endpoint: Some(endpoint),
        region: "us-east-1".to_owned(),
        prefix: None,
        key: Some(("id".into(), "s3cr3t".into())),
    };
    let opened = Bucket::open(config, Timestamp::from_micros(0)).await;
    let error = opened.err().unwrap().to_string();
    assert!(
        error.contains("nowhere") && !error.contains("s3cr3t"),
        "{error}"
    );
}

#[tokio::test]
async fn what_was_sent_and_never_kept_is_removed_after_a_day() {
    let Some(first) = bucket("swept").await else {
        return;
    };
    let mut incoming = first.begin(Uuid::from_u128(4)).await.unwrap();
    incoming.finish().await.unwrap();
    std::mem::forget(incoming);
    let left = async || {
        let found = first.0.store.list(None);
        found.try_collect::<Vec<_>>().await.unwrap()
    };
    let since = left().await[0].last_modified.timestamp_micros();
    for (later_s, count) in [(86_000, 1), (90_000, 0)] {
        let now = Timestamp::from_micros(since).plus_seconds(later_s);
        first.sweep(now).await.unwrap();
        assert_eq!(left().await.len(), count);
    }
}

#[tokio::test]
async fn what_was_broken_off_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    for finished in [false, true] {
        let mut incoming = disk.begin(Uuid::from_u128(1)).await.unwrap();
        incoming
            .write(Bytes::from(vec![7; 3 * PART]))
            .await
            .unwrap();
        if finished {
            incoming.finish().await.unwrap();
        }
        incoming.discard().await;
        assert_eq!(files(folder.path()), 0);
    }
    let mut incoming = disk.begin(Uuid::from_u128(2)).await.unwrap();
    incoming
        .write(Bytes::from(vec![7; 3 * PART]))
        .await
        .unwrap();
    std::mem::forget(incoming);
    Disk::open(folder.path()).unwrap();
    assert_eq!(files(folder.path()), 0);
}
