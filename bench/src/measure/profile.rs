//! Where the server's processor time goes, by layer.

use std::{
    path::Path,
    process::{Output, Stdio},
};

use tokio::process::Command;

use crate::{
    child::Switchboard,
    failure::Failure,
    load::{Span, TEXT, round_trips},
    sessions,
    table::Table,
};

const DOING: &str = "running perf (is it installed and allowed to look?)";
/// How many functions are named.
const HOTTEST: usize = 30;

/// Layers, and how the names of their functions begin, without brackets and references. The first
/// that fits wins.
const LAYERS: &[(&str, &[&str])] = &[
    ("store", &["switchboard_store"]),
    ("core", &["switchboard_core"]),
    ("doors", &["switchboard_doors"]),
    ("domain, bus, outbound", &["switchboard"]),
    ("SQLite", &["sqlite3", "libsqlite3"]),
    ("sqlx", &["sqlx"]),
    ("JSON", &["serde_json", "serde"]),
    (
        "axum, hyper, tungstenite",
        &[
            "axum",
            "hyper",
            "tungstenite",
            "tokio_tungstenite",
            "tower",
            "http",
        ],
    ),
    ("tokio", &["tokio", "mio", "parking_lot"]),
    ("futures", &["futures"]),
    ("tracing", &["tracing"]),
    ("time", &["jiff"]),
    ("allocator", &["mi_", "_mi_", "mimalloc"]),
    ("standard library", &["core", "alloc", "std", "hashbrown"]),
];

/// Measures and prints.
pub async fn run(program: &Path, count: usize, span: Span) -> Result<Table, Failure> {
    let mut table = Table::default();
    let server = Switchboard::start(program).await?;
    let ids = sessions::create_many(&server, count).await?;
    let sockets = sessions::connect_each(&server, &ids).await?;
    let beside = program.parent().unwrap_or(Path::new("."));
    let recorded = beside.join("perf.data");
    let (rate, recording) = tokio::join!(
        round_trips(sockets, TEXT, sessions::RESPONSE, span, server.pid),
        record(server.pid, &recorded, span),
    );
    recording?;
    table.add(format!("{count} sessions under perf"), rate?.0.to_string());
    server.stop().await?;
    let report = perf(&[
        "report",
        "--stdio",
        "--no-children",
        "--no-inline",
        "--call-graph=none",
        "--percent-limit=0",
        "--fields=overhead,dso,sym",
        "--field-separator=;",
        "--input",
        &recorded.to_string_lossy(),
    ])
    .await?;
    tell(&String::from_utf8_lossy(&report.stdout), &mut table);
    println!("the recording is in {}", recorded.display());
    Ok(table)
}

/// Looks on while it is measured, and not while it warms up.
async fn record(pid: u32, to: &Path, span: Span) -> Result<(), Failure> {
    tokio::time::sleep(span.warm_up).await;
    let (pid, seconds) = (pid.to_string(), span.measured.as_secs().to_string());
    let (to, frequency) = (to.to_string_lossy(), "999");
    let words = ["record", "-F", frequency, "-g", "-p", &pid, "-o", &to];
    let words = [&words[..], &["--", "sleep", &seconds]].concat();
    perf(&words).await.map(drop)
}

async fn perf(words: &[&str]) -> Result<Output, Failure> {
    let mut command = Command::new("perf");
    let command = command.args(words).stdin(Stdio::null());
    let output = command.output().await.map_err(Failure::io(DOING))?;
    if output.status.success() {
        return Ok(output);
    }
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    Err(Failure::unexpected(DOING, said))
}

fn tell(report: &str, table: &mut Table) {
    let mut layers: Vec<(&str, f64)> = Vec::new();
    let mut hottest = Vec::new();
    for line in report.lines().filter(|line| !line.starts_with('#')) {
        let mut parts = line.splitn(3, ';').map(str::trim);
        let (Some(share), Some(object), Some(symbol)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let Ok(share) = share.trim_end_matches('%').parse::<f64>() else {
            continue;
        };
        let layer = layer(object, symbol);
        match layers.iter_mut().find(|(name, _)| *name == layer) {
            Some((_, sum)) => *sum += share,
            None => layers.push((layer, share)),
        }
        if hottest.len() < HOTTEST {
            hottest.push(format!("  {share:5.2} %  {layer}: {symbol}"));
        }
    }
    println!("the hottest functions:\n{}", hottest.join("\n"));
    layers.sort_by(|one, other| other.1.total_cmp(&one.1));
    for (layer, share) in layers {
        table.add(format!("self time, {layer}"), format!("{share:.1} %"));
    }
}

/// To which layer a function belongs.
fn layer(object: &str, symbol: &str) -> &'static str {
    let (kind, name) = symbol.split_once(' ').unwrap_or(("", symbol));
    if kind == "[k]" {
        return "kernel";
    }
    if object.contains("libc") || object.contains("ld-linux") || object.contains("vdso") {
        return "C library";
    }
    let name = name.trim_start_matches(|c: char| !c.is_alphanumeric() && c != '_');
    let name = ["dyn ", "mut "]
        .iter()
        .fold(name, |name, word| name.trim_start_matches(word));
    let fits = |(_, beginnings): &&(&str, &[&str])| {
        beginnings
            .iter()
            .any(|beginning| name.starts_with(beginning))
    };
    // What is left and was not written in Rust is SQLite, whose inner functions have no prefix.
    let left = if name.contains("::") {
        "others"
    } else {
        "SQLite"
    };
    LAYERS.iter().find(fits).map_or(left, |(layer, _)| layer)
}
