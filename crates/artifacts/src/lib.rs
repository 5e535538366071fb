//! What is in the files of tasks, under its hash: in a folder of the local disk, or in a bucket of an S3
//! server.

mod bucket;
mod disk;
mod objects;

pub use bucket::{BadBucket, Bucket, BucketConfig, LARGEST};
pub use disk::Disk;

#[cfg(test)]
mod tests;
