//! What the disk allows: no server that keeps what it is told can be faster than its commits.

use std::{
    fs::File,
    io::Write as _,
    path::Path,
    time::{Duration, Instant},
};

use sqlx::{
    Sqlite, query,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous},
};

use crate::failure::Failure;

/// Commits a second of a bare database with the settings of the server: one row each.
pub async fn commits(folder: &Path, span: Duration) -> Result<f64, Failure> {
    let options = SqliteConnectOptions::new()
        .filename(folder.join("bare.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full);
    let pool = SqlitePoolOptions::new().max_connections(1);
    let pool = pool.connect_with(options).await?;
    query::<Sqlite>("CREATE TABLE said (id INTEGER PRIMARY KEY, content TEXT NOT NULL)")
        .execute(&pool)
        .await?;
    let start = now();
    let mut count = 0_u32;
    while start.elapsed() < span {
        query::<Sqlite>("INSERT INTO said (content) VALUES ($1)")
            .bind("how long is a piece of string today, pray?")
            .execute(&pool)
            .await?;
        count += 1;
    }
    let rate = f64::from(count) / start.elapsed().as_secs_f64();
    pool.close().await;
    Ok(rate)
}

/// Appends of 4 KiB a second, each on disk before the next.
pub fn syncs(folder: &Path, span: Duration) -> Result<f64, Failure> {
    const DOING: &str = "writing to the disk";
    let mut file = File::create(folder.join("bare")).map_err(Failure::io(DOING))?;
    let page = [b'x'; 4096];
    let start = now();
    let mut count = 0_u32;
    while start.elapsed() < span {
        file.write_all(&page).map_err(Failure::io(DOING))?;
        file.sync_data().map_err(Failure::io(DOING))?;
        count += 1;
    }
    Ok(f64::from(count) / start.elapsed().as_secs_f64())
}

fn now() -> Instant {
    tokio::time::Instant::now().into_std()
}
