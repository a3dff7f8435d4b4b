package io.polymq.core.security.rules;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Whom a rule means: those for whom every part that is not empty holds. A client id that ends in
 * {@code *} means all that begin so. Immutable.
 */
public record Who(
        Set<String> users,
        Set<String> groups,
        Set<String> clientIds,
        Set<AddressRange> addresses,
        Set<String> tenants) {

    public static final Who EVERYONE = new Who(Set.of(), Set.of(), Set.of(), Set.of(), Set.of());

    public Who {
        users = Set.copyOf(users);
        groups = Set.copyOf(groups);
        clientIds = Set.copyOf(clientIds);
        addresses = Set.copyOf(addresses);
        tenants = Set.copyOf(tenants);
    }

    public static Who user(String name) {
        return new Who(Set.of(name), Set.of(), Set.of(), Set.of(), Set.of());
    }

    public static Who group(String name) {
        return new Who(Set.of(), Set.of(name), Set.of(), Set.of(), Set.of());
    }

    public static Who clientId(String id) {
        return new Who(Set.of(), Set.of(), Set.of(id), Set.of(), Set.of());
    }

    public Who from(String... ranges) {
        Set<AddressRange> parsed = new java.util.HashSet<>();
        for (String range : ranges) {
            parsed.add(AddressRange.parse(range));
        }
        return new Who(users, groups, clientIds, parsed, tenants);
    }

    public Who in(String... names) {
        return new Who(users, groups, clientIds, addresses, Set.of(names));
    }

    /** Whether the rule means this one. */
    public boolean includes(Asker asker) {
        return (users.isEmpty() || users.contains(asker.user()))
                && (tenants.isEmpty() || tenants.contains(asker.tenant()))
                && (groups.isEmpty() || groups.stream().anyMatch(asker.groups()::contains))
                && (clientIds.isEmpty()
                        || clientIds.stream().anyMatch(id -> names(id, asker.clientId())))
                && (addresses.isEmpty()
                        || addresses.stream().anyMatch(range -> range.contains(asker.address())));
    }

    private static boolean names(String pattern, String clientId) {
        return pattern.endsWith("*")
                ? clientId.startsWith(pattern.substring(0, pattern.length() - 1))
                : pattern.equals(clientId);
    }

    @Override
    public String toString() {
        List<String> parts = new ArrayList<>();
        tell(parts, "user", users);
        tell(parts, "group", groups);
        tell(parts, "client", clientIds);
        tell(parts, "address", addresses);
        tell(parts, "tenant", tenants);
        return parts.isEmpty() ? "everyone" : String.join(", ", parts);
    }

    private static void tell(List<String> parts, String what, Set<?> names) {
        if (!names.isEmpty()) {
            parts.add(
                    what
                            + " "
                            + String.join(
                                    " or ",
                                    names.stream().map(Object::toString).sorted().toList()));
        }
    }
}
