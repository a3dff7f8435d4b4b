package io.polymq.core.router;

import io.polymq.core.subject.Filter;

/** A group's members at one filter: in the trie in their place. */
final class GroupEntry extends SubjectTrie.Entry {

    private final SharedGroup group;
    private final EntrySet members = new EntrySet();

    GroupEntry(SharedGroup group) {
        this.group = group;
    }

    SharedGroup group() {
        return group;
    }

    EntrySet members() {
        return members;
    }

    Filter filter() {
        return filterInTrie();
    }
}
