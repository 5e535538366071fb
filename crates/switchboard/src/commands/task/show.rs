//! Tasks, steps and files, as a person reads them.

use std::io::Write;

use switchboard_client::{Error, Page, Tasks};

use super::super::{Failure, harmless, sign_in::failure, table};

/// How many tasks are listed at once.
const LISTED: u64 = 100;
/// How many steps and files are asked for at once.
const AT_ONCE: u64 = 1000;
/// How much of what a task is about is listed, in characters.
const SHOWN: usize = 60;

/// Lists tasks.
///
/// # Errors
/// Why the server refused.
pub(super) async fn list(
    tasks: &Tasks<'_>,
    page: Option<u64>,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let told = |error: Error| failure(&error);
    let mut seen = tasks.list(page.unwrap_or(1), LISTED).await.map_err(told)?;
    if page.is_none() && seen.pages > 1 {
        seen = tasks.list(seen.pages, LISTED).await.map_err(told)?;
    }
    let rows = seen.items.into_iter().map(|task| {
        let about = task.input.unwrap_or_default();
        let about: String = about.chars().take(SHOWN).collect();
        [task.task_id, task.status, task.created_at, about]
    });
    Ok(table::write(out, ["ID", "STATUS", "MADE", "INPUT"], rows)?)
}

/// Shows a task with its steps and files.
///
/// # Errors
/// Why the server refused.
pub(super) async fn task(tasks: &Tasks<'_>, id: &str, out: &mut dyn Write) -> Result<(), Failure> {
    let task = tasks.task(id).await.map_err(|error| failure(&error))?;
    let (id, agent) = (harmless::line(&task.task_id), harmless::line(&task.agent));
    writeln!(
        out,
        "{id} of {agent}, {}, made {}",
        task.status, task.created_at
    )?;
    if let Some(input) = &task.input {
        writeln!(out, "{}", harmless::text(input))?;
    }
    let steps = all(async |page| tasks.steps(&task.task_id, page, AT_ONCE).await).await?;
    for (n, step) in steps.iter().enumerate() {
        let last = if step.is_last { ", the last" } else { "" };
        writeln!(
            out,
            "\nstep {}, {}{last}",
            n + 1,
            harmless::line(&step.status)
        )?;
        for (mark, text) in [(">", &step.input), ("<", &step.output)] {
            if let Some(text) = text {
                writeln!(out, "{mark} {}", harmless::text(text))?;
            }
        }
        if let Some(error) = step
            .error()
            .filter(|error| Some(*error) != step.output.as_deref())
        {
            writeln!(out, "error: {}", harmless::text(error))?;
        }
    }
    let files = all(async |page| tasks.artifacts(&task.task_id, page, AT_ONCE).await).await?;
    if files.is_empty() {
        return Ok(());
    }
    writeln!(out)?;
    let rows = files.into_iter().map(|file| {
        let folder = file.relative_path.unwrap_or_default();
        let by = if file.agent_created { "agent" } else { "you" };
        [file.file_name, folder, file.size.to_string(), by.to_owned()]
    });
    Ok(table::write(out, ["FILE", "FOLDER", "BYTES", "BY"], rows)?)
}

/// All that is on the pages of a list.
async fn all<T>(page: impl AsyncFn(u64) -> Result<Page<T>, Error>) -> Result<Vec<T>, Failure> {
    let (mut items, mut current) = (Vec::new(), 1);
    loop {
        let seen = page(current).await.map_err(|error| failure(&error))?;
        let is_last = seen.items.is_empty() || current >= seen.pages;
        items.extend(seen.items);
        if is_last {
            return Ok(items);
        }
        current += 1;
    }
}
