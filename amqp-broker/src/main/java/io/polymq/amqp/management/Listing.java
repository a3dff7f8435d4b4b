package io.polymq.amqp.management;

import io.polymq.core.admin.AdminCall;
import io.polymq.core.admin.AdminRefusal;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import org.jspecify.annotations.Nullable;

/**
 * A list as it was asked for: {@code name} and {@code use_regex}, {@code sort} and {@code
 * sort_reverse}, {@code page} and {@code page_size}, {@code columns}.
 */
final class Listing {

    private static final long MOST = 500;
    private static final long USUAL = 100;

    /** A row that is made when it is shown. */
    interface Rows<T> {
        List<Map<String, @Nullable Object>> of(List<T> some) throws Exception;
    }

    private final AdminCall call;

    Listing(AdminCall call) {
        this.call = call;
    }

    /** Of rows that are there. */
    Object of(List<Map<String, @Nullable Object>> rows) throws Exception {
        return of(rows, row -> String.valueOf(row.get("name")), some -> some);
    }

    /** Of things whose rows cost something: only those shown are made, unless sorting needs all. */
    <T> Object of(Collection<T> all, Function<T, String> name, Rows<T> rows) throws Exception {
        String sort = call.asked("sort");
        boolean reverse = "true".equals(call.asked("sort_reverse"));
        Predicate<String> wanted = wanted();
        List<T> found = all.stream().filter(one -> wanted.test(name.apply(one))).toList();
        if (sort == null || sort.equals("name")) {
            if (sort != null) {
                Comparator<T> order = Comparator.comparing(name);
                found = found.stream().sorted(reverse ? order.reversed() : order).toList();
            }
            return paged(rows.of(slice(found)), all.size(), found.size());
        }
        List<Map<String, @Nullable Object>> made = new ArrayList<>(rows.of(found));
        Comparator<Map<String, @Nullable Object>> order =
                (a, b) -> compare(field(a, sort), field(b, sort));
        made.sort(reverse ? order.reversed() : order);
        return paged(slice(made), all.size(), found.size());
    }

    private Predicate<String> wanted() {
        String text = call.asked("name", "");
        if (text.isEmpty()) {
            return any -> true;
        }
        if ("true".equals(call.asked("use_regex"))) {
            try {
                return Pattern.compile(text, Pattern.CASE_INSENSITIVE).asPredicate();
            } catch (PatternSyntaxException wrong) {
                throw AdminRefusal.badRequest("'" + text + "' is not a regular expression");
            }
        }
        String lower = text.toLowerCase(Locale.ROOT);
        return name -> name.toLowerCase(Locale.ROOT).contains(lower);
    }

    private boolean isPaged() {
        return call.asked("page") != null;
    }

    private long page() {
        return call.asked("page", 1, 1, Integer.MAX_VALUE);
    }

    private long pageSize() {
        return call.asked("page_size", USUAL, 1, MOST);
    }

    private <T> List<T> slice(List<T> all) {
        return isPaged()
                ? all.stream().skip((page() - 1) * pageSize()).limit(pageSize()).toList()
                : all;
    }

    private Object paged(List<Map<String, @Nullable Object>> rows, int total, int filtered) {
        List<Map<String, @Nullable Object>> shown = columns(rows);
        if (!isPaged()) {
            return shown;
        }
        long pages = Math.max(1, (filtered + pageSize() - 1) / pageSize());
        if (page() > pages) {
            throw AdminRefusal.badRequest(
                    "page_out_of_range: page " + page() + ", there are " + pages);
        }
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("filtered_count", filtered);
        answer.put("item_count", shown.size());
        answer.put("items", shown);
        answer.put("page", page());
        answer.put("page_count", pages);
        answer.put("page_size", pageSize());
        answer.put("total_count", total);
        return answer;
    }

    private List<Map<String, @Nullable Object>> columns(List<Map<String, @Nullable Object>> rows) {
        String wanted = call.asked("columns");
        if (wanted == null || wanted.isEmpty()) {
            return rows;
        }
        String[] names = wanted.split(",");
        List<Map<String, @Nullable Object>> shown = new ArrayList<>();
        for (Map<String, @Nullable Object> row : rows) {
            Map<String, @Nullable Object> some = new LinkedHashMap<>();
            for (String name : names) {
                put(some, name.split("\\."), 0, row);
            }
            shown.add(some);
        }
        return shown;
    }

    @SuppressWarnings("unchecked") // made here, of maps
    private static void put(
            Map<String, @Nullable Object> into, String[] path, int at, Map<?, ?> from) {
        Object value = from.get(path[at]);
        if (value == null) {
            return;
        }
        if (at == path.length - 1) {
            into.put(path[at], value);
        } else if (value instanceof Map<?, ?> inner) {
            Object there = into.computeIfAbsent(path[at], absent -> new LinkedHashMap<>());
            if (there instanceof Map<?, ?> map) {
                put((Map<String, @Nullable Object>) map, path, at + 1, inner);
            }
        }
    }

    private static @Nullable Object field(Map<?, ?> row, String path) {
        Object value = row;
        for (String name : path.split("\\.")) {
            value = value instanceof Map<?, ?> map ? map.get(name) : null;
        }
        return value;
    }

    private static int compare(@Nullable Object a, @Nullable Object b) {
        if (a == null || b == null) {
            return Boolean.compare(a != null, b != null);
        }
        if (a instanceof Number one && b instanceof Number other) {
            return Double.compare(one.doubleValue(), other.doubleValue());
        }
        return a.toString().compareTo(b.toString());
    }
}
