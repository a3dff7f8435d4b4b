import org.junit.runner.Description;
import org.junit.runner.JUnitCore;
import org.junit.runner.Request;
import org.junit.runner.notification.Failure;
import org.junit.runner.notification.RunListener;

/** Runs suites of JUnit 4 and prints a line for each case: what became of it, its class, its method. */
final class SuiteRunner extends RunListener {
    private Failure failure;

    public static void main(String[] suites) throws Exception {
        JUnitCore core = new JUnitCore();
        core.addListener(new SuiteRunner());
        for (String suite : suites) {
            core.run(Request.aClass(Class.forName(suite)));
        }
        System.exit(0);
    }

    @Override
    public void testStarted(Description description) {
        failure = null;
    }

    @Override
    public void testFailure(Failure found) {
        failure = found;
        if (found.getDescription().getMethodName() == null) {
            testFinished(found.getDescription());
        }
    }

    @Override
    public void testIgnored(Description description) {
        System.out.println("=IGNORED " + name(description));
    }

    @Override
    public void testAssumptionFailure(Failure assumption) {
        System.out.println("=IGNORED " + name(assumption.getDescription()));
        failure = assumption;
    }

    @Override
    public void testFinished(Description description) {
        if (failure == null) {
            System.out.println("=OK " + name(description));
        } else if (!(failure.getException() instanceof org.junit.AssumptionViolatedException)) {
            System.out.println("=FAILED " + name(description) + " " + failure.getMessage());
            String[] trace = failure.getTrace().split("\n");
            for (int i = 0; i < trace.length; i++) {
                if (i < 8 || trace[i].startsWith("Caused by")) {
                    System.out.println("    " + trace[i]);
                }
            }
        }
    }

    private static String name(Description description) {
        return description.getTestClass().getSimpleName() + "." + description.getMethodName();
    }
}
