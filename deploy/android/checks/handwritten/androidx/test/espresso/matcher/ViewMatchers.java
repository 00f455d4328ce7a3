package androidx.test.espresso.matcher;

import android.view.View;
import org.hamcrest.Matcher;

public final class ViewMatchers {
    private ViewMatchers() {}

    public static native Matcher<View> isDisplayed();

    public static native Matcher<View> withId(int id);

    public static native Matcher<View> withContentDescription(int resourceId);
}
