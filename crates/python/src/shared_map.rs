//! An ordered map whose copies share what they have in common.
//!
//! Execution keeps a copy of its state at every branch and at every round of a loop, and most of it never
//! differs between the copies. A copy costs nothing here and a change only the path to the entry, so a module
//! of twenty thousand lines is not slower per line than one of twenty. Balanced as an AVL tree.

use std::borrow::Borrow;
use std::cmp::Ordering;
use std::fmt;
use std::rc::Rc;

type Link<K, V> = Option<Rc<Branch<K, V>>>;

struct Branch<K, V> {
    entry: Rc<(K, V)>,
    left: Link<K, V>,
    right: Link<K, V>,
    height: u8,
}

impl<K, V> Clone for Branch<K, V> {
    fn clone(&self) -> Self {
        Self {
            entry: Rc::clone(&self.entry),
            left: self.left.clone(),
            right: self.right.clone(),
            height: self.height,
        }
    }
}

fn height<K, V>(link: &Link<K, V>) -> u8 {
    link.as_ref().map_or(0, |branch| branch.height)
}

fn branch<K, V>(entry: Rc<(K, V)>, left: Link<K, V>, right: Link<K, V>) -> Rc<Branch<K, V>> {
    let height = height(&left).max(height(&right)) + 1;
    Rc::new(Branch {
        entry,
        left,
        right,
        height,
    })
}

/// A branch of two subtrees whose heights differ by two at most.
fn balanced<K, V>(entry: Rc<(K, V)>, left: Link<K, V>, right: Link<K, V>) -> Rc<Branch<K, V>> {
    let (l, r) = (height(&left), height(&right));
    match (&left, &right) {
        (Some(low), _) if l > r + 1 => {
            if height(&low.left) >= height(&low.right) {
                let lower = branch(entry, low.right.clone(), right);
                branch(Rc::clone(&low.entry), low.left.clone(), Some(lower))
            } else {
                let middle = low.right.as_ref().expect("the higher side is there");
                let first = branch(Rc::clone(&low.entry), low.left.clone(), middle.left.clone());
                let second = branch(entry, middle.right.clone(), right);
                branch(Rc::clone(&middle.entry), Some(first), Some(second))
            }
        }
        (_, Some(high)) if r > l + 1 => {
            if height(&high.right) >= height(&high.left) {
                let lower = branch(entry, left, high.left.clone());
                branch(Rc::clone(&high.entry), Some(lower), high.right.clone())
            } else {
                let middle = high.left.as_ref().expect("the higher side is there");
                let first = branch(entry, left, middle.left.clone());
                let second = branch(
                    Rc::clone(&high.entry),
                    middle.right.clone(),
                    high.right.clone(),
                );
                branch(Rc::clone(&middle.entry), Some(first), Some(second))
            }
        }
        _ => branch(entry, left, right),
    }
}

/// The map.
pub(crate) struct SharedMap<K, V> {
    root: Link<K, V>,
}

impl<K, V> Clone for SharedMap<K, V> {
    fn clone(&self) -> Self {
        Self {
            root: self.root.clone(),
        }
    }
}

impl<K, V> Default for SharedMap<K, V> {
    fn default() -> Self {
        Self { root: None }
    }
}

impl<K: Ord, V> SharedMap<K, V> {
    pub(crate) fn get<Q: Ord + ?Sized>(&self, key: &Q) -> Option<&V>
    where
        K: Borrow<Q>,
    {
        let mut link = &self.root;
        while let Some(branch) = link {
            link = match key.cmp(branch.entry.0.borrow()) {
                Ordering::Less => &branch.left,
                Ordering::Greater => &branch.right,
                Ordering::Equal => return Some(&branch.entry.1),
            };
        }
        None
    }

    pub(crate) fn contains_key<Q: Ord + ?Sized>(&self, key: &Q) -> bool
    where
        K: Borrow<Q>,
    {
        self.get(key).is_some()
    }

    pub(crate) fn insert(&mut self, key: K, value: V) {
        let root = self.root.take();
        self.root = Some(inserted(root.as_ref(), Rc::new((key, value))));
    }

    pub(crate) fn iter(&self) -> Iter<'_, K, V> {
        let mut iter = Iter {
            waiting: Vec::new(),
        };
        iter.descend(&self.root);
        iter
    }

    pub(crate) fn keys(&self) -> impl Iterator<Item = &K> {
        self.iter().map(|(key, _)| key)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }

    /// Keys under which the maps do not hold the very same entry, in order. Values that are equal but were
    /// made apart count as different; what the maps share is not looked at.
    pub(crate) fn differing(&self, other: &Self) -> Vec<K>
    where
        K: Clone,
    {
        let mut found = Vec::new();
        let mut left: Vec<Part<'_, K, V>> = self.root.iter().map(Part::Tree).collect();
        let mut right: Vec<Part<'_, K, V>> = other.root.iter().map(Part::Tree).collect();
        loop {
            match (left.last().copied(), right.last().copied()) {
                (None, None) => return found,
                (Some(Part::Tree(a)), Some(Part::Tree(b))) if Rc::ptr_eq(a, b) => {
                    left.pop();
                    right.pop();
                }
                (Some(Part::Tree(a)), Some(Part::Tree(b))) if a.height >= b.height => {
                    open(&mut left, a);
                }
                (_, Some(Part::Tree(b))) => open(&mut right, b),
                (Some(Part::Tree(a)), _) => open(&mut left, a),
                (Some(Part::Entry(a)), Some(Part::Entry(b))) => match a.0.cmp(&b.0) {
                    Ordering::Less => {
                        found.push(a.0.clone());
                        left.pop();
                    }
                    Ordering::Greater => {
                        found.push(b.0.clone());
                        right.pop();
                    }
                    Ordering::Equal => {
                        if !Rc::ptr_eq(a, b) {
                            found.push(a.0.clone());
                        }
                        left.pop();
                        right.pop();
                    }
                },
                (Some(Part::Entry(a)), None) => {
                    found.push(a.0.clone());
                    left.pop();
                }
                (None, Some(Part::Entry(b))) => {
                    found.push(b.0.clone());
                    right.pop();
                }
            }
        }
    }

    pub(crate) fn clear(&mut self) {
        self.root = None;
    }

    pub(crate) fn remove<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<V>
    where
        K: Borrow<Q>,
        V: Clone,
    {
        let value = self.get(key)?.clone();
        self.root = removed(self.root.as_ref(), key);
        Some(value)
    }
}

impl<K: Ord + Clone, V: Clone> SharedMap<K, V> {
    pub(crate) fn get_mut<Q: Ord + ?Sized>(&mut self, key: &Q) -> Option<&mut V>
    where
        K: Borrow<Q>,
    {
        if !self.contains_key(key) {
            return None;
        }
        let mut link = &mut self.root;
        while let Some(branch) = link {
            let branch = Rc::make_mut(branch);
            link = match key.cmp(branch.entry.0.borrow()) {
                Ordering::Less => &mut branch.left,
                Ordering::Greater => &mut branch.right,
                Ordering::Equal => return Some(&mut Rc::make_mut(&mut branch.entry).1),
            };
        }
        None
    }

    /// Changes every value.
    pub(crate) fn values_mut(&mut self) -> impl Iterator<Item = &mut V> {
        let mut found = Vec::new();
        collect(self.root.as_mut(), &mut found);
        found.into_iter()
    }
}

fn collect<'m, K: Clone, V: Clone>(
    link: Option<&'m mut Rc<Branch<K, V>>>,
    found: &mut Vec<&'m mut V>,
) {
    if let Some(branch) = link {
        let branch = Rc::make_mut(branch);
        collect(branch.left.as_mut(), found);
        found.push(&mut Rc::make_mut(&mut branch.entry).1);
        collect(branch.right.as_mut(), found);
    }
}

fn inserted<K: Ord, V>(link: Option<&Rc<Branch<K, V>>>, entry: Rc<(K, V)>) -> Rc<Branch<K, V>> {
    let Some(old) = link else {
        return branch(entry, None, None);
    };
    let (left, right) = (old.left.as_ref(), old.right.as_ref());
    match entry.0.cmp(&old.entry.0) {
        Ordering::Less => balanced(
            Rc::clone(&old.entry),
            Some(inserted(left, entry)),
            old.right.clone(),
        ),
        Ordering::Greater => balanced(
            Rc::clone(&old.entry),
            old.left.clone(),
            Some(inserted(right, entry)),
        ),
        Ordering::Equal => branch(entry, old.left.clone(), old.right.clone()),
    }
}

fn removed<K: Ord + Borrow<Q>, V, Q: Ord + ?Sized>(
    link: Option<&Rc<Branch<K, V>>>,
    key: &Q,
) -> Link<K, V> {
    let old = link?;
    match key.cmp(old.entry.0.borrow()) {
        Ordering::Less => Some(balanced(
            Rc::clone(&old.entry),
            removed(old.left.as_ref(), key),
            old.right.clone(),
        )),
        Ordering::Greater => Some(balanced(
            Rc::clone(&old.entry),
            old.left.clone(),
            removed(old.right.as_ref(), key),
        )),
        Ordering::Equal => match &old.right {
            None => old.left.clone(),
            Some(right) => {
                let (first, rest) = without_first(right);
                Some(balanced(first, old.left.clone(), rest))
            }
        },
    }
}

/// The first entry of a subtree, and the subtree without it.
fn without_first<K, V>(link: &Rc<Branch<K, V>>) -> (Rc<(K, V)>, Link<K, V>) {
    match &link.left {
        None => (Rc::clone(&link.entry), link.right.clone()),
        Some(left) => {
            let (first, rest) = without_first(left);
            let whole = balanced(Rc::clone(&link.entry), rest, link.right.clone());
            (first, Some(whole))
        }
    }
}

/// A part of a map that is still to be compared.
enum Part<'m, K, V> {
    Tree(&'m Rc<Branch<K, V>>),
    Entry(&'m Rc<(K, V)>),
}

impl<K, V> Clone for Part<'_, K, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<K, V> Copy for Part<'_, K, V> {}

/// Replaces the subtree on top by its parts, the first one on top.
fn open<'m, K, V>(waiting: &mut Vec<Part<'m, K, V>>, tree: &'m Rc<Branch<K, V>>) {
    waiting.pop();
    waiting.extend(tree.right.iter().map(Part::Tree));
    waiting.push(Part::Entry(&tree.entry));
    waiting.extend(tree.left.iter().map(Part::Tree));
}

/// Entries by key.
pub(crate) struct Iter<'m, K, V> {
    waiting: Vec<&'m Branch<K, V>>,
}

impl<'m, K, V> Iter<'m, K, V> {
    fn descend(&mut self, mut link: &'m Link<K, V>) {
        while let Some(branch) = link {
            self.waiting.push(branch);
            link = &branch.left;
        }
    }
}

impl<'m, K, V> Iterator for Iter<'m, K, V> {
    type Item = (&'m K, &'m V);

    fn next(&mut self) -> Option<Self::Item> {
        let branch = self.waiting.pop()?;
        self.descend(&branch.right);
        Some((&branch.entry.0, &branch.entry.1))
    }
}

impl<'m, K: Ord, V> IntoIterator for &'m SharedMap<K, V> {
    type Item = (&'m K, &'m V);
    type IntoIter = Iter<'m, K, V>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

impl<K: Ord + Clone, V: Clone> IntoIterator for SharedMap<K, V> {
    type Item = (K, V);
    type IntoIter = std::vec::IntoIter<(K, V)>;

    fn into_iter(self) -> Self::IntoIter {
        let entries: Vec<(K, V)> = self
            .iter()
            .map(|(key, value)| (key.clone(), value.clone()))
            .collect();
        entries.into_iter()
    }
}

impl<K: Ord, V> Extend<(K, V)> for SharedMap<K, V> {
    fn extend<T: IntoIterator<Item = (K, V)>>(&mut self, entries: T) {
        for (key, value) in entries {
            self.insert(key, value);
        }
    }
}

impl<K: Ord, V> FromIterator<(K, V)> for SharedMap<K, V> {
    fn from_iter<T: IntoIterator<Item = (K, V)>>(entries: T) -> Self {
        let mut map = Self::default();
        map.extend(entries);
        map
    }
}

impl<K: Ord, V: PartialEq> PartialEq for SharedMap<K, V> {
    fn eq(&self, other: &Self) -> bool {
        match (&self.root, &other.root) {
            (None, None) => true,
            (Some(a), Some(b)) if Rc::ptr_eq(a, b) => true,
            _ => {
                let (mut left, mut right) = (self.iter(), other.iter());
                loop {
                    match (left.next(), right.next()) {
                        (None, None) => return true,
                        (Some((a, x)), Some((b, y)))
                            if a == b && (std::ptr::eq(x, y) || x == y) => {}
                        _ => return false,
                    }
                }
            }
        }
    }
}

impl<K: Ord + fmt::Debug, V: fmt::Debug> fmt::Debug for SharedMap<K, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// The height a tree has, when it is balanced everywhere.
    fn checked(link: &Link<u32, u32>) -> u8 {
        link.as_ref().map_or(0, |branch| {
            let (left, right) = (checked(&branch.left), checked(&branch.right));
            assert!(left.abs_diff(right) <= 1);
            assert_eq!(branch.height, left.max(right) + 1);
            branch.height
        })
    }

    #[test]
    fn copies_change_alone_and_agree_with_a_plain_map() {
        let mut seed = 7_u64;
        let mut below = |limit: u64| {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            ((seed >> 33) % limit) as u32
        };
        let (mut map, mut plain) = (SharedMap::default(), BTreeMap::new());
        let mut kept: Vec<(SharedMap<u32, u32>, BTreeMap<u32, u32>)> = Vec::new();
        for step in 0..4000 {
            let key = below(200);
            match below(4) {
                0 => {
                    map.remove(&key);
                    plain.remove(&key);
                }
                1 => {
                    assert_eq!(map.get(&key), plain.get(&key));
                    if let (Some(a), Some(b)) = (map.get_mut(&key), plain.get_mut(&key)) {
                        *a += 1;
                        *b += 1;
                    }
                }
                _ => {
                    map.insert(key, step);
                    plain.insert(key, step);
                }
            }
            checked(&map.root);
            if let Some((before, others)) = kept.last() {
                let expected: Vec<u32> = (0..200)
                    .filter(|key| plain.get(key) != others.get(key))
                    .collect();
                let found = map.differing(before);
                assert!(expected.iter().all(|key| found.contains(key)));
                assert!(found.is_sorted());
            }
            if step % 400 == 0 {
                kept.push((map.clone(), plain.clone()));
            }
        }
        kept.push((map, plain));
        for (map, plain) in &kept {
            assert!(map.iter().eq(plain.iter()));
            assert_eq!(*map, plain.clone().into_iter().collect());
        }
        assert_ne!(kept[0].0, kept[1].0);
        assert!(kept[0].0.differing(&kept[0].0.clone()).is_empty());
        let (mut map, mut plain) = kept.pop().expect("the last one");
        let before = map.clone();
        for value in map.values_mut() {
            *value += 1;
        }
        for value in plain.values_mut() {
            *value += 1;
        }
        assert!(map.iter().eq(plain.iter()));
        assert_ne!(before, map);
    }
}
