//! States of tasks in files: `task-<n>.state`, and the one before it.
//!
//! ```text
//! magic 8 │ number of sections 4 │ per section: length 8, CRC-32 4 │ sections
//! ```
//! A file is written beside the others, flushed to the disk, renamed into its place, and the folder flushed too: whatever
//! happens, the newest whole one is there. What stands in a section, and of which layout it is, is the task's to say. A
//! folder belongs to one process at a time; a lock that the system lets go of at its death says so.
//!
//! A disk takes its time to flush, and the watch must not stop for it: only the first state of a task is waited for, without
//! which a crash would leave offsets and no state. Later ones are written beside the watch; until they are whole, the one
//! before them is there.

use engine::live::{Saved, Store, StoreError};
use std::collections::BTreeMap;
use std::fs::{self, File, TryLockError};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::thread::JoinHandle;
use task::log::TaskId;

const MAGIC: &[u8; 8] = b"WFSTATE1";
const SECTIONS: usize = 3;
const HEADER: usize = MAGIC.len() + 4 + SECTIONS * 12;

/// A folder of states.
pub(crate) struct StateFolder {
    folder: PathBuf,
    /// States that are being written.
    writing: BTreeMap<TaskId, JoinHandle<io::Result<()>>>,
    /// Held as long as the process lives.
    _lock: File,
}

impl StateFolder {
    /// Opens the folder, which is made if need be.
    pub fn open(folder: &Path) -> Result<StateFolder, StoreError> {
        let failed = |error: io::Error| said(folder, format!("cannot be used: {error}"));
        fs::create_dir_all(folder).map_err(failed)?;
        let lock = File::create(folder.join("lock")).map_err(failed)?;
        match lock.try_lock() {
            Ok(()) => Ok(StateFolder { folder: folder.to_owned(), writing: BTreeMap::new(), _lock: lock }),
            Err(TryLockError::WouldBlock) => {
                Err(said(folder, "is in use by another process of watchfloor".to_owned()))
            }
            Err(TryLockError::Error(error)) => Err(failed(error)),
        }
    }

    fn path(&self, task: TaskId, ending: &str) -> PathBuf {
        self.folder.join(format!("task-{}.{ending}", task.0))
    }

    /// Waits until the state that is being written is there.
    fn finish(&mut self, task: TaskId) -> Result<(), StoreError> {
        let Some(writer) = self.writing.remove(&task) else { return Ok(()) };
        let outcome = writer.join().unwrap_or_else(|_| Err(io::Error::other("its writer panicked")));
        outcome.map_err(|error| said(&self.path(task, "state"), format!("cannot be written: {error}")))
    }

    /// The same where a failure is no reason to stop: the state before is there.
    fn finish_or_say(&mut self, task: TaskId) {
        if let Err(error) = self.finish(task) {
            tracing::warn!(target: "state", %error, "a snapshot is lost");
        }
    }

    /// Writes beside the watch, unless there is no state yet.
    fn begin(&mut self, task: TaskId, bytes: Vec<u8>) -> io::Result<()> {
        let paths = ["part", "state", "older"].map(|ending| self.path(task, ending));
        let folder = self.folder.clone();
        if !paths[1].exists() {
            return write(&folder, paths, &bytes);
        }
        let named = std::thread::Builder::new().name("state".to_owned());
        let writer = named.spawn(move || write(&folder, paths, &bytes))?;
        self.writing.insert(task, writer);
        Ok(())
    }
}

impl Drop for StateFolder {
    fn drop(&mut self) {
        let writing: Vec<TaskId> = self.writing.keys().copied().collect();
        writing.into_iter().for_each(|task| self.finish_or_say(task));
    }
}

/// Writes the file aside, moves what was there, and takes its place.
fn write(folder: &Path, [part, newest, older]: [PathBuf; 3], bytes: &[u8]) -> io::Result<()> {
    let mut file = File::create(&part)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    match fs::rename(&newest, older) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    fs::rename(part, newest)?;
    File::open(folder)?.sync_all()
}

impl Store for StateFolder {
    fn load(&mut self, task: TaskId) -> Result<Option<Saved>, StoreError> {
        self.finish_or_say(task);
        let mut refused = None;
        for ending in ["state", "older"] {
            let path = self.path(task, ending);
            let read = match fs::read(&path) {
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => Err(error.to_string()),
                Ok(bytes) => unpack(&bytes).map_err(str::to_owned),
            };
            match read {
                Ok(saved) => return Ok(Some(saved)),
                Err(why) => {
                    tracing::warn!(target: "state", file = %path.display(), why, "a snapshot is not whole");
                    refused.get_or_insert_with(|| said(&path, format!("is no snapshot: {why}")));
                }
            }
        }
        refused.map_or(Ok(None), Err)
    }

    fn save(&mut self, task: TaskId, saved: &Saved) -> Result<(), StoreError> {
        self.finish(task)?;
        let begun = self.begin(task, pack(saved));
        begun.map_err(|error| said(&self.path(task, "state"), format!("cannot be written: {error}")))
    }
}

fn said(path: &Path, what: String) -> StoreError {
    StoreError { what: format!("{} {what}", path.display()) }
}

fn pack(saved: &Saved) -> Vec<u8> {
    let sections = [&saved.task, &saved.clock, &saved.published];
    let mut bytes = Vec::with_capacity(HEADER + sections.iter().map(|section| section.len()).sum::<usize>());
    bytes.extend_from_slice(MAGIC);
    bytes.extend((SECTIONS as u32).to_le_bytes());
    for section in sections {
        bytes.extend((section.len() as u64).to_le_bytes());
        bytes.extend(crc32fast::hash(section).to_le_bytes());
    }
    sections.into_iter().for_each(|section| bytes.extend_from_slice(section));
    bytes
}

fn unpack(bytes: &[u8]) -> Result<Saved, &'static str> {
    let rest = bytes.strip_prefix(MAGIC).ok_or("it is of another layout")?;
    let (count, mut heads) = rest.split_first_chunk::<4>().ok_or("it ends early")?;
    if u32::from_le_bytes(*count) != SECTIONS as u32 {
        return Err("it is of another layout");
    }
    let mut body = bytes.get(HEADER..).ok_or("it ends early")?;
    let mut saved = Saved::default();
    for section in [&mut saved.task, &mut saved.clock, &mut saved.published] {
        let (length, rest) = heads.split_first_chunk::<8>().ok_or("it ends early")?;
        let (crc, rest) = rest.split_first_chunk::<4>().ok_or("it ends early")?;
        heads = rest;
        let length = usize::try_from(u64::from_le_bytes(*length)).unwrap_or(usize::MAX);
        let taken = body.get(..length).ok_or("it ends early")?;
        if crc32fast::hash(taken) != u32::from_le_bytes(*crc) {
            return Err("a checksum does not fit");
        }
        *section = taken.to_vec();
        body = &body[length..];
    }
    if body.is_empty() { Ok(saved) } else { Err("something follows its end") }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TASK: TaskId = TaskId(3);

    fn saved(of: u8) -> Saved {
        Saved { task: vec![of; 1_000], clock: vec![of, 1], published: vec![] }
    }

    #[test]
    fn the_newest_whole_state_comes_back() {
        let folder = tempfile::tempdir().unwrap();
        let mut states = StateFolder::open(folder.path()).unwrap();
        assert_eq!(states.load(TASK).unwrap(), None);
        for of in 1..=3 {
            states.save(TASK, &saved(of)).unwrap();
            assert_eq!(states.load(TASK).unwrap(), Some(saved(of)));
        }
        assert_eq!(states.load(TaskId(4)).unwrap(), None);
        // A crash before the rename leaves a part, which is none.
        fs::write(states.path(TASK, "part"), b"half").unwrap();
        assert_eq!(states.load(TASK).unwrap(), Some(saved(3)));
        fs::write(states.path(TASK, "state"), b"WFSTATE1").unwrap();
        assert_eq!(states.load(TASK).unwrap(), Some(saved(2)));
        fs::write(states.path(TASK, "older"), b"").unwrap();
        let refused = states.load(TASK).unwrap_err();
        assert!(refused.what.ends_with("task-3.state is no snapshot: it ends early"), "{refused}");
        // Between two renames only the older one is there.
        fs::remove_file(states.path(TASK, "state")).unwrap();
        fs::write(states.path(TASK, "older"), pack(&saved(1))).unwrap();
        assert_eq!(states.load(TASK).unwrap(), Some(saved(1)));
    }

    #[test]
    fn what_is_being_written_is_there_when_the_process_ends_well() {
        let folder = tempfile::tempdir().unwrap();
        let mut states = StateFolder::open(folder.path()).unwrap();
        for of in 1..=3 {
            states.save(TASK, &saved(of)).unwrap();
        }
        drop(states);
        let mut states = StateFolder::open(folder.path()).unwrap();
        assert_eq!(states.load(TASK).unwrap(), Some(saved(3)));
    }

    #[test]
    fn a_state_that_could_not_be_written_leaves_the_one_before() {
        let folder = tempfile::tempdir().unwrap();
        let mut states = StateFolder::open(folder.path()).unwrap();
        states.save(TASK, &saved(1)).unwrap();
        // Nothing can be written where a folder stands.
        fs::create_dir(states.path(TASK, "part")).unwrap();
        states.save(TASK, &saved(2)).unwrap();
        assert_eq!(states.load(TASK).unwrap(), Some(saved(1)));
        states.save(TASK, &saved(2)).unwrap();
        let told = states.save(TASK, &saved(3)).unwrap_err();
        assert!(told.what.contains("cannot be written"), "{told}");
    }

    #[test]
    fn damage_is_noticed_wherever_it_is() {
        let bytes = pack(&saved(7));
        assert_eq!(unpack(&bytes), Ok(saved(7)));
        for at in 0..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 0x40;
            assert!(unpack(&damaged).is_err(), "byte {at}");
            assert!(unpack(&bytes[..at]).is_err(), "{at} bytes");
        }
        assert!(unpack(&[&bytes[..], b"x"].concat()).is_err());
    }

    #[test]
    fn a_folder_belongs_to_one_process() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateFolder::open(folder.path()).unwrap();
        assert!(StateFolder::open(folder.path()).is_err_and(|error| error.what.contains("in use")));
        drop(first);
        assert!(StateFolder::open(folder.path()).is_ok());
    }
}
