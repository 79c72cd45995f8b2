//! From a zone to its image.

use std::io::{self, Write};

use xxhash_rust::xxh3::{Xxh3, xxh3_64};

use super::super::snapshot::Zone;
use super::super::spine::{Run, Spine};
use super::MAGIC;

impl Zone {
    /// Writes the zone's image to `out`, with notes of any content. Who proves absences online is not in it.
    ///
    /// # Errors
    /// As writing to `out`.
    pub fn write_image(&self, notes: &[u8], out: &mut dyn Write) -> io::Result<()> {
        let mut writer = Writer { out, at: 0, sections: Vec::new(), section: Vec::new() };
        writer.put(MAGIC)?;
        writer.spine(&self.spine)?;
        for chain in self.denial.chains.iter() {
            writer.spine(&chain.spine)?;
        }
        for branch in self.denial.order.iter().flat_map(|order| order.branches()) {
            writer.section(branch)?;
        }
        let mut directory = self.directory(notes)?;
        directory.extend_from_slice(&length(writer.sections.len())?.to_le_bytes());
        for (runs, octets, sum) in &writer.sections {
            directory.extend_from_slice(&runs.to_le_bytes());
            directory.extend_from_slice(&octets.to_le_bytes());
            directory.extend_from_slice(&sum.to_le_bytes());
        }
        let tail = [writer.at, directory.len() as u64, directory_sum(&directory)];
        writer.put(&directory)?;
        writer.put(tail.map(u64::to_le_bytes).as_flattened())
    }

    /// Up to the sections.
    fn directory(&self, notes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        let short = |len: usize| u8::try_from(len).map_err(|_| io::ErrorKind::InvalidInput);
        out.push(short(self.apex.as_wire().len())?);
        out.extend_from_slice(self.apex.as_wire());
        out.extend_from_slice(&self.class.0.to_le_bytes());
        out.push(self.discovery.into());
        out.extend_from_slice(&self.hash.key().to_le_bytes());
        out.extend_from_slice(&(self.names as u64).to_le_bytes());
        out.push(self.spine.bits());
        out.push(short(self.denial.chains.len())?);
        for chain in self.denial.chains.iter() {
            let params = chain.params();
            out.extend_from_slice(&params.iterations.to_le_bytes());
            out.push(short(params.salt.len())?);
            out.extend_from_slice(params.salt);
            out.extend_from_slice(&(chain.len as u64).to_le_bytes());
            out.push(chain.spine.bits());
        }
        out.push(self.denial.order.is_some().into());
        out.extend_from_slice(&length(notes.len())?.to_le_bytes());
        out.extend_from_slice(notes);
        Ok(out)
    }
}

struct Writer<'o> {
    out: &'o mut dyn Write,
    at: u64,
    /// Runs, octets and sum of each.
    sections: Vec<(u32, u64, u64)>,
    section: Vec<u8>,
}

impl Writer<'_> {
    fn spine<P: Run>(&mut self, spine: &Spine<P>) -> io::Result<()> {
        spine.branches().iter().try_for_each(|branch| self.section(branch))
    }

    fn section<P: Run>(&mut self, runs: &[P]) -> io::Result<()> {
        let mut section = std::mem::take(&mut self.section);
        section.clear();
        for run in runs {
            section.extend_from_slice(&length(run.as_octets().len())?.to_le_bytes());
        }
        runs.iter().for_each(|run| section.extend_from_slice(run.as_octets()));
        self.sections.push((length(runs.len())?, section.len() as u64, xxh3_64(&section)));
        self.put(&section)?;
        self.section = section;
        Ok(())
    }

    fn put(&mut self, octets: &[u8]) -> io::Result<()> {
        self.at += octets.len() as u64;
        self.out.write_all(octets)
    }
}

/// What stands in the tail.
pub(super) fn directory_sum(directory: &[u8]) -> u64 {
    let mut sum = Xxh3::new();
    sum.update(MAGIC);
    sum.update(directory);
    sum.digest()
}

fn length(len: usize) -> io::Result<u32> {
    u32::try_from(len).map_err(|_| io::ErrorKind::FileTooLarge.into())
}
