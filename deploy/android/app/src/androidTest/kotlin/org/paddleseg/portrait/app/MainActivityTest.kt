package org.paddleseg.portrait.app

import android.Manifest
import android.content.pm.PackageManager
import androidx.test.core.app.ActivityScenario
import androidx.test.espresso.Espresso.onView
import androidx.test.espresso.action.ViewActions.click
import androidx.test.espresso.assertion.ViewAssertions.matches
import androidx.test.espresso.matcher.ViewMatchers.isDisplayed
import androidx.test.espresso.matcher.ViewMatchers.withContentDescription
import androidx.test.espresso.matcher.ViewMatchers.withId
import androidx.test.ext.junit.runners.AndroidJUnit4
import androidx.test.platform.app.InstrumentationRegistry
import androidx.test.rule.GrantPermissionRule
import org.junit.Assert.assertEquals
import org.junit.Rule
import org.junit.Test
import org.junit.runner.RunWith

@RunWith(AndroidJUnit4::class)
class MainActivityTest {
    @get:Rule
    val camera: GrantPermissionRule = GrantPermissionRule.grant(Manifest.permission.CAMERA)

    @Test
    fun settingsOpenAndTheOtherCameraIsUsed() {
        ActivityScenario.launch(MainActivity::class.java).use {
            onView(withId(R.id.show_settings)).perform(click())
            onView(withId(R.id.threads)).check(matches(isDisplayed()))
            onView(withContentDescription(R.string.flip)).perform(click())
            onView(withContentDescription(R.string.preview)).check(matches(isDisplayed()))
        }
    }

    @Test
    fun nothingMayUseTheNetwork() {
        val context = InstrumentationRegistry.getInstrumentation().targetContext
        val asked = context.packageManager.getPackageInfo(context.packageName, PackageManager.GET_PERMISSIONS)
        assertEquals(listOf(Manifest.permission.CAMERA), asked.requestedPermissions!!.filter { it.startsWith("android.") })
    }
}
