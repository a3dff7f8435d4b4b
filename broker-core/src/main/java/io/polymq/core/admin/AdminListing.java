package io.polymq.core.admin;

import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/**
 * A page of a list.
 *
 * @param total how many rows the search found
 * @param page counted from 1
 */
public record AdminListing<T>(List<T> items, long total, int page, int perPage) {
    static final int MOST_PER_PAGE = 1_000;
    private static final int USUAL_PER_PAGE = 100;

    public static final List<AdminRoute.Parameter> PARAMETERS =
            List.of(
                    new AdminRoute.Parameter("search", "rows that contain this text only"),
                    new AdminRoute.Parameter("page", "counted from 1"),
                    new AdminRoute.Parameter("per_page", "rows in a page, at most 1000"),
                    new AdminRoute.Parameter("tenant", "the name space; the asker's own without"));

    static <R, T> AdminListing<T> of(
            AdminCall call, Collection<R> all, Function<R, String> text, Function<R, T> row) {
        int perPage = (int) call.asked("per_page", USUAL_PER_PAGE, 1, MOST_PER_PAGE);
        int page = (int) call.asked("page", 1, 1, Integer.MAX_VALUE);
        String search = call.asked("search", "").toLowerCase(Locale.ROOT);
        List<R> found =
                all.stream()
                        .filter(
                                one ->
                                        search.isEmpty()
                                                || text.apply(one)
                                                        .toLowerCase(Locale.ROOT)
                                                        .contains(search))
                        .toList();
        List<T> items = found.stream().skip((page - 1L) * perPage).limit(perPage).map(row).toList();
        return new AdminListing<>(items, found.size(), page, perPage);
    }
}
