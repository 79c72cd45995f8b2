//! Those who validate from the root: the keys that they trust, and how they come to others.

use std::fs;
use std::time::Duration;

use super::world::World;

/// The trust anchors of our validator and resolver.
pub(super) const ANCHORS: &str = "anchors";
/// The same of Unbound, which keeps its file itself.
const KEPT: &str = "kept-anchors";
/// Until all that ask have seen that the file is another.
const TAKEN: Duration = Duration::from_secs(1);

impl World {
    /// What Unbound's configuration says. One that follows the root finds its keys itself, and takes what it has seen for
    /// two seconds. Source: RFC 5011 §2.4.1, where it is thirty days.
    ///
    /// It keeps the former keys, which nobody revoked. So it must not ask for signatures of each algorithm that an anchor
    /// has: its own default.
    pub(super) fn anchors_of_unbound(&self) -> &'static str {
        if self.how.zone != "." {
            let keys = self.key(&["list", "--zone", "."]);
            self.trust(&tags(&keys, |state| state != "removed"));
            return "trust-anchor-file: \"PATH/anchors\"
  harden-algo-downgrade: yes";
        }
        fs::copy(self.path(ANCHORS), self.path(KEPT)).unwrap();
        "auto-trust-anchor-file: \"PATH/kept-anchors\"
  permit-small-holddown: yes
  add-holddown: 2
  del-holddown: 2"
    }

    /// What those do who follow the root as its CDS records say which keys it is to be known by: they trust the new keys,
    /// too; when all do, the root is told; then they trust the former ones no more, and it is told that.
    pub(super) fn follow(&self, wanted: &[String], has: &mut Vec<String>) {
        let wanted_tags: Vec<_> = wanted.iter().map(|ds| ds.split(' ').next().unwrap().to_owned()).collect();
        if wanted.is_empty() || !wanted_tags.iter().all(|tag| self.is_trusted_by_unbound(tag)) {
            return;
        }
        let others = tags(&self.list(), |state| state != "removed");
        let others: Vec<_> = others.into_iter().filter(|tag| !wanted_tags.contains(tag)).collect();
        if wanted != *has {
            self.trust(&[&wanted_tags[..], &others].concat());
            for tag in &wanted_tags {
                self.key(&["ds-seen", "--zone", ".", tag]);
            }
            self.trust(&wanted_tags);
            *has = wanted.to_vec();
        }
        // It counts once no cache may hold what asked for them.
        for tag in others {
            self.key(&["ds-gone", "--zone", ".", &tag]);
        }
    }

    fn is_trusted_by_unbound(&self, tag: &str) -> bool {
        let kept = fs::read_to_string(self.path(KEPT)).unwrap_or_default();
        let is_valid = |line: &str| line.contains(&format!("id = {tag} ")) && line.contains("[  VALID  ]");
        self.unbound.is_none() || kept.lines().any(is_valid)
    }

    /// Ours trust these keys of the root from now on.
    fn trust(&self, tags: &[String]) {
        let folder = fs::read_dir(self.path("state/keys/@")).unwrap();
        let files: Vec<_> = folder.map(|entry| entry.unwrap().path()).collect();
        let record = |tag: &String| {
            let end = format!("+{tag:0>5}.key");
            let file = files.iter().find(|file| file.to_str().unwrap().ends_with(&end)).unwrap();
            let text = fs::read_to_string(file).unwrap();
            text.lines().find(|line| line.contains(" DNSKEY ")).unwrap().to_owned() + "\n"
        };
        let text: String = tags.iter().map(record).collect();
        // At once, or those who read it see half of it.
        fs::write(self.path("new-anchors"), text).unwrap();
        fs::rename(self.path("new-anchors"), self.path(ANCHORS)).unwrap();
        if self.unbound.is_some() {
            std::thread::sleep(TAKEN);
        }
    }
}

/// Of keys that sign keys, and are so in `key list`.
fn tags(list: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<String> {
    let keys = list.lines().filter_map(|line| {
        let mut words = line.split([' ', ',']);
        let (tag, role, state) = (words.nth(1)?, words.nth(1)?, words.next()?);
        (role != "zsk" && is_wanted(state)).then(|| tag.to_owned())
    });
    keys.collect()
}
