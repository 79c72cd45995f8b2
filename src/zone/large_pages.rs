//! Large pages under memory that is filled once and soon given back: the system hands over many small ones slowly.
#![cfg_attr(target_os = "linux", expect(unsafe_code, reason = "there is no other way to it"))]

/// What is less may be used again by the allocator for something small that stays, which would fill large pages
/// badly. glibc maps what is larger by itself and gives it back whole (`M_MMAP_THRESHOLD`, mallopt(3)).
const LEAST: usize = 33 << 20;

/// Room for so many octets.
pub(super) fn room_for(octets: usize) -> Vec<u8> {
    let mut room = Vec::new();
    // Where there is none, who fills it asks again and fails.
    let _ = room.try_reserve_exact(octets);
    if octets >= LEAST {
        ask(&mut room);
    }
    room
}

#[cfg(target_os = "linux")]
fn ask(room: &mut Vec<u8>) {
    /// The least page size of all systems: advice counts for whole pages, of whatever size these are.
    const PAGE: usize = 64 << 10;
    let spare = room.spare_capacity_mut();
    let skip = spare.as_ptr().align_offset(PAGE).min(spare.len());
    let pages = &mut spare[skip..];
    let len = pages.len() / PAGE * PAGE;
    // SAFETY: the pages lie in memory that is ours, and the advice changes neither what they hold nor who may use
    // them (madvise(2)). A system without large pages refuses, and that is all.
    unsafe { libc::madvise(pages.as_mut_ptr().cast(), len, libc::MADV_HUGEPAGE) };
}

/// Elsewhere the system decides by itself.
#[cfg(not(target_os = "linux"))]
fn ask(_room: &mut Vec<u8>) {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_can_be_filled_and_grows() {
        for octets in [0, 1, LEAST - 1, LEAST, LEAST + 12_345] {
            let mut room = room_for(octets);
            assert!(room.is_empty() && room.capacity() >= octets);
            room.resize(octets, 7);
            room.push(8);
            assert!(room[..octets].iter().all(|&octet| octet == 7) && room[octets] == 8);
        }
    }
}
