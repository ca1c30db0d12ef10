using System.Text.RegularExpressions;

namespace Busbar.Tests.Architecture;

/// <summary>Where the runtime does not check bounds, a comment says why they hold.</summary>
public sealed partial class UnsafeCodeTests
{
    // Lines above the use in which its comment may begin.
    private const int Reach = 6;

    [Fact]
    public void What_is_not_checked_has_an_argument_for_its_bounds() =>
        Assert.Empty(SourceTree.Commented.SelectMany(static file => Unargued(file.Text)
            .Select(line => $"{file.Path}({line}): say in a comment that begins with 'Bounds:' why they hold")));

    [Fact]
    public void Stack_buffers_are_spans() => Assert.Empty(SourceTree.Files.Where(static file => PointerToStack().IsMatch(file.Code))
        .Select(static file => file.Path));

    [Theory]
    [InlineData("        return MemoryMarshal.Read<int>(bytes);", 1)]
    [InlineData("        // Bounds: four bytes are there.\n        return MemoryMarshal.Read<int>(bytes);", 0)]
    [InlineData("        // Of MemoryMarshal.Read, which throws.\n        return 0;", 0)]
    [InlineData("internal sealed unsafe class Row", 1)]
    [InlineData("        return Unsafe.Add(ref first, index);", 1)]
    [InlineData("        [\"unsafe content\"], [\"x\"],", 0)]
    public void A_use_is_seen(string code, int count) => Assert.Equal(count, Unargued(code).Count());

    [Theory]
    [InlineData("byte* bytes = stackalloc byte[4];", true)]
    [InlineData("Span<byte> bytes = stackalloc byte[4];", false)]
    public void A_pointer_to_the_stack_is_seen(string code, bool expected) => Assert.Equal(expected, PointerToStack().IsMatch(code));

    private static IEnumerable<int> Unargued(string text)
    {
        string[] lines = text.Split('\n');
        for (int index = 0; index < lines.Length; index++)
        {
            string code = Quoted().Replace(lines[index], "");
            if (!code.TrimStart().StartsWith("//", StringComparison.Ordinal) && Unchecked().IsMatch(code)
                && !lines[Math.Max(0, index - Reach)..index].Any(static line => line.TrimStart().StartsWith("// Bounds: ", StringComparison.Ordinal)))
            {
                yield return index + 1;
            }
        }
    }

    [GeneratedRegex(@"\bunsafe\b|\bUnsafe\.|\bMemoryMarshal\.")]
    private static partial Regex Unchecked();

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    [GeneratedRegex(@"\w\*\s+\w+\s*=\s*stackalloc")]
    private static partial Regex PointerToStack();
}
