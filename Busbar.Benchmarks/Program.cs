using BenchmarkDotNet.Running;
using Busbar.Benchmarks.Micro;

BenchmarkSwitcher.FromAssembly(typeof(JsonBenchmarks).Assembly).Run(args);
