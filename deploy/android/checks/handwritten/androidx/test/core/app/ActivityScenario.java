package androidx.test.core.app;

import android.app.Activity;

public final class ActivityScenario<A extends Activity> implements AutoCloseable {
    private ActivityScenario() {}

    public static native <A extends Activity> ActivityScenario<A> launch(Class<A> activityClass);

    @Override
    public native void close();
}
