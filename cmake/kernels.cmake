# The kernel tables. src/tensor/cpu holds what is compiled with flags of its own; nothing else is.
# src/tensor/cuda needs the toolkit's headers, and asks the driver at run time.
# Sets KERNEL_SOURCES, KERNEL_DEFINITIONS and KERNEL_LIBRARIES.
set(KERNEL_SOURCES)
set(KERNEL_DEFINITIONS)
set(KERNEL_LIBRARIES m)
if(CBLAS_FOUND)
  list(APPEND KERNEL_SOURCES ${PROJECT_SOURCE_DIR}/src/tensor/cpu/blas.c)
  list(APPEND KERNEL_DEFINITIONS LL_HAVE_CBLAS)
  set_source_files_properties(src/tensor/cpu/blas.c PROPERTIES INCLUDE_DIRECTORIES "${CBLAS_INCLUDE_DIRS}")
endif()

# Multiply-adds are fused here and nowhere else: an option of the source, which comes after those of 'settings'.
file(GLOB VECTOR_SOURCES CONFIGURE_DEPENDS ${PROJECT_SOURCE_DIR}/src/tensor/cpu/*_*.c)
set_source_files_properties(${VECTOR_SOURCES} PROPERTIES COMPILE_OPTIONS -ffp-contract=fast)

set(KERNEL_SPEED -O3)
if(LOGLOG_SANITIZE)
  # -O3 takes a minute a file, with a sanitizer's checks in it; -O1 does not see what is initialised.
  set(KERNEL_SPEED -O1 -Wno-maybe-uninitialized)
endif()

# One object library an instruction set; which one runs is decided at run time.
function(vector_objects isa lanes)
  add_library(loglog_kernels_${isa} OBJECT ${ARGN})
  target_link_libraries(loglog_kernels_${isa} PRIVATE loglog_settings)
  target_compile_definitions(loglog_kernels_${isa} PRIVATE LL_ISA=${isa} LL_LANES=${lanes})
  target_compile_options(loglog_kernels_${isa} PRIVATE ${KERNEL_SPEED} -fno-trapping-math -Wno-psabi)
  set_target_properties(loglog_kernels_${isa} PROPERTIES POSITION_INDEPENDENT_CODE ON)
endfunction()

# A whole table over the same portable sources.
function(vector_table isa lanes)
  vector_objects(${isa} ${lanes} src/tensor/cpu/vec_matmul.c src/tensor/cpu/vec_attention.c src/tensor/cpu/vec_norm.c
                 src/tensor/cpu/vec_embed.c src/tensor/cpu/vec_pointwise.c src/tensor/cpu/vec_lstm.c
                 src/tensor/cpu/vec_attention_step.c src/tensor/cpu/vec_peak.c)
  target_compile_options(loglog_kernels_${isa} PRIVATE ${ARGN})
endfunction()

vector_table(simd128 4)
list(APPEND KERNEL_SOURCES $<TARGET_OBJECTS:loglog_kernels_simd128>)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
  set(AVX512 -mavx512f -mavx512vl -mavx512dq -mavx512bw -mfma -mprefer-vector-width=512)
  vector_table(avx512 16 ${AVX512})
  vector_table(avx2 8 -mavx2 -mfma)
  vector_objects(avx512bf16 16 src/tensor/cpu/bf16_matmul.c src/tensor/cpu/bf16_attention.c)
  target_compile_options(loglog_kernels_avx512bf16 PRIVATE ${AVX512} -mavx512bf16)
  list(APPEND KERNEL_SOURCES $<TARGET_OBJECTS:loglog_kernels_avx512> $<TARGET_OBJECTS:loglog_kernels_avx2>
                             $<TARGET_OBJECTS:loglog_kernels_avx512bf16>)
  list(APPEND KERNEL_DEFINITIONS LL_HAVE_X86)
endif()

if(CUDAToolkit_FOUND)
  add_library(loglog_cuda OBJECT src/tensor/cuda/cards.c)
  target_link_libraries(loglog_cuda PRIVATE loglog_settings CUDA::toolkit)
  set_target_properties(loglog_cuda PROPERTIES POSITION_INDEPENDENT_CODE ON)
  list(APPEND KERNEL_SOURCES $<TARGET_OBJECTS:loglog_cuda>)
  list(APPEND KERNEL_DEFINITIONS LL_HAVE_CUDA)
  list(APPEND KERNEL_LIBRARIES ${CMAKE_DL_LIBS})
endif()
