//! The bucket for the files of tasks: what belongs together.

use super::layer::Layer;
use super::problem::Problem;

/// What says where the bucket is and who may use it.
const ABOUT: [&str; 4] = ["endpoint", "prefix", "access_key_id", "secret_access_key"];
/// The largest file that a bucket takes.
const LARGEST: i64 = 5 << 30;

/// A bucket is named where something is said of it, both halves of a key are there, and no file may be
/// larger than a bucket takes.
pub(super) fn check(effective: &Layer, problems: &mut Vec<Problem>) {
    let entry = |name: &str| effective.get(&format!("artifacts.{name}"));
    let Some(bucket) = entry("bucket") else {
        if let Some(said) = ABOUT.iter().find_map(|name| entry(name)) {
            let what = "the files of tasks lie in the data folder unless `artifacts.bucket` names a bucket";
            problems.push(Problem::new(&said.origin, what));
        }
        return;
    };
    let halves = [entry("access_key_id"), entry("secret_access_key")];
    if let [Some(half), None] | [None, Some(half)] = halves {
        let what =
            "a key has two halves: `artifacts.access_key_id` and `artifacts.secret_access_key`";
        problems.push(Problem::new(&half.origin, what));
    }
    let limit = effective.get("limits.artifact_bytes");
    let limit = limit.and_then(|limit| limit.value.as_integer());
    if limit.is_none_or(|limit| limit == 0 || limit > LARGEST) {
        let what = format!(
            "a bucket takes files of up to {LARGEST} bytes: set limits.artifact_bytes to that or less"
        );
        problems.push(Problem::new(&bucket.origin, what));
    }
}
