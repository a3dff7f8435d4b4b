package io.polymq.admin;

import io.polymq.core.admin.AdminAnswer;
import io.polymq.core.admin.AdminPages;
import io.polymq.core.admin.AdminPages.Access;
import io.polymq.core.admin.AdminRequest;
import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.ExpositionFormats;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Which path gives what. Any thread. */
final class Routes {
    private final AdminServerParams params;
    private final List<AdminPages> pages;
    private final ExpositionFormats formats = ExpositionFormats.init();

    Routes(AdminServerParams params) {
        this.params = params;
        this.pages = new ArrayList<>(params.pages());
        Comparator<AdminPages> byLength = Comparator.comparing(page -> page.path().length());
        pages.sort(byLength.reversed());
        pages.add(new Own("/health/live", Access.ANYONE, Routes::liveness));
        pages.add(new Own("/health/ready", Access.ANYONE, this::readiness));
        if (params.metricsEnabled()) {
            pages.add(
                    new Own(
                            "/metrics",
                            params.config().protectMetrics() ? Access.ADMINISTRATOR : Access.ANYONE,
                            this::metrics));
        }
        pages.add(new ConsolePages());
        pages.add(new Index());
    }

    /** The pages that a path belongs to; those of the root when no others take it. */
    AdminPages find(String path) {
        for (AdminPages candidate : pages) {
            String own = candidate.path();
            if (path.startsWith(own)
                    && (path.length() == own.length() || path.charAt(own.length()) == '/')) {
                return candidate;
            }
        }
        return pages.getLast();
    }

    private static AdminAnswer liveness(AdminRequest request) {
        return AdminAnswer.json(200, Map.of("status", "live"));
    }

    private AdminAnswer readiness(AdminRequest request) {
        Map<String, String> states = params.health().states();
        boolean ready = states.values().stream().allMatch(Health.WELL::equals);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("status", ready ? "ready" : "not ready");
        body.put("checks", states);
        return AdminAnswer.json(ready ? 200 : 503, body);
    }

    private AdminAnswer metrics(AdminRequest request) throws IOException {
        ExpositionFormatWriter writer = formats.findWriter(request.header("accept"));
        ByteArrayOutputStream out = new ByteArrayOutputStream(16 << 10);
        writer.write(out, params.metrics().scrape());
        return new AdminAnswer(200, writer.getContentType(), out.toByteArray());
    }

    private static AdminAnswer nothing(AdminRequest request) {
        return AdminAnswer.error(404, "There is nothing at " + request.path() + ".");
    }

    private interface Page {
        AdminAnswer answer(AdminRequest request) throws IOException;
    }

    /** One page, to be read only. */
    private record Own(String path, Access access, Page page) implements AdminPages {
        @Override
        public AdminAnswer answer(AdminRequest request) throws IOException {
            if (!request.below().isEmpty()) {
                return nothing(request);
            }
            return switch (request.method()) {
                case "GET", "HEAD" -> page.answer(request);
                default ->
                        AdminAnswer.error(405, "Only GET is understood here.")
                                .with("Allow", "GET, HEAD");
            };
        }
    }

    /** What there is, for who opens the port with nothing in mind. */
    private final class Index implements AdminPages {
        @Override
        public String path() {
            return "";
        }

        @Override
        public Access access() {
            return Access.ANYONE;
        }

        @Override
        public AdminAnswer answer(AdminRequest request) {
            if (!request.path().equals("/")) {
                return nothing(request);
            }
            String accept = request.header("accept");
            if (accept != null && accept.contains("text/html")) {
                return AdminAnswer.text(302, "See " + ConsolePages.PATH + "/")
                        .with("Location", ConsolePages.PATH + "/");
            }
            StringBuilder text = new StringBuilder("PolyMQ ").append(params.version());
            pages.stream()
                    .map(AdminPages::path)
                    .sorted()
                    .forEach(path -> text.append('\n').append(path));
            return AdminAnswer.text(200, text.toString().replace("\n\n", "\n"));
        }
    }
}
