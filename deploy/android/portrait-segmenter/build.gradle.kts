import org.jetbrains.kotlin.gradle.dsl.JvmTarget

plugins {
    alias(libs.plugins.android.library)
    alias(libs.plugins.kotlin.android)
}

// ONNX Runtime's headers and libraries for CMake; the app gets the libraries by the dependency below.
val onnxruntime: Configuration by configurations.creating
val onnxruntimeFolder = layout.buildDirectory.dir("onnxruntime")
val unpackOnnxruntime by tasks.registering(Sync::class) {
    from({ onnxruntime.map { zipTree(it) } })
    into(onnxruntimeFolder)
}

android {
    namespace = "org.paddleseg.portrait"
    compileSdk = libs.versions.compileSdk.get().toInt()
    ndkVersion = libs.versions.ndk.get()

    defaultConfig {
        minSdk = libs.versions.minSdk.get().toInt()
        testInstrumentationRunner = "androidx.test.runner.AndroidJUnitRunner"
        consumerProguardFiles("consumer-rules.pro")
        ndk { abiFilters += listOf("arm64-v8a", "armeabi-v7a", "x86_64") }
        externalNativeBuild {
            cmake { arguments += listOf("-DANDROID_STL=c++_shared", "-DONNXRUNTIME_ROOT=${onnxruntimeFolder.get().asFile}") }
        }
    }
    externalNativeBuild {
        cmake {
            path = file("src/main/cpp/CMakeLists.txt")
            version = libs.versions.cmake.get()
        }
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_1_8
        targetCompatibility = JavaVersion.VERSION_1_8
    }
    sourceSets {
        // The photos and masks of Python that the browser's tests have, and the app's models.
        named("androidTest") {
            assets.srcDirs("../../web/tests/golden", "../../../data/portrait_mini/images", "../app/src/main/assets")
        }
    }
}

kotlin {
    explicitApi()
    compilerOptions { jvmTarget.set(JvmTarget.JVM_1_8) }
}

dependencies {
    onnxruntime(variantOf(libs.onnxruntime.android) { artifactType("aar") }) { isTransitive = false }
    implementation(libs.onnxruntime.android)
    testImplementation(libs.junit)
    androidTestImplementation(libs.androidx.junit)
    androidTestImplementation(libs.test.runner)
}

tasks.configureEach {
    if (name.startsWith("configureCMake")) dependsOn(unpackOnnxruntime)
}
