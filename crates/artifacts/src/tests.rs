use super::*;

async fn whole(disk: &Disk, hash: &str, range: Range<u64>) -> Vec<u8> {
    let content = disk.read(hash, range).await.unwrap();
    let chunks: Vec<Bytes> = content.try_collect().await.unwrap();
    chunks.concat()
}

fn files(folder: &Path) -> usize {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 1;
    };
    entries.map(|entry| files(&entry.unwrap().path())).sum()
}

#[tokio::test]
async fn what_came_in_is_kept_read_and_removed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = Disk::open(folder.path()).unwrap();
    let hash = "ab".repeat(32);
    let mut incoming = disk.begin(Uuid::from_u128(1)).await.unwrap();
    for _ in 0..3 {
        incoming.write(Bytes::from(vec![7; PART])).await.unwrap();
    }
    incoming.write(Bytes::from_static(b"end")).await.unwrap();
    assert!(matches!(
        disk.read(&hash, 0..1).await,
        Err(ArtifactError::Missing)
    ));
    incoming.finish().await.unwrap();
    incoming.keep(&hash).await.unwrap();
    incoming.discard().await;
    let size = 3 * PART as u64 + 3;
    assert_eq!(whole(&disk, &hash, 0..size).await.len() as u64, size);
    assert_eq!(whole(&disk, &hash, size - 4..size).await, b"\x07end");
    assert_eq!(whole(&disk, &hash, 0..0).await, b"");
    disk.remove(&hash).await.unwrap();
    disk.remove(&hash).await.unwrap();
    assert_eq!(files(folder.path()), 0);
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
