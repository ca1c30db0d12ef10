using Busbar.Commands;
using Busbar.Tests.Configuration;

namespace Busbar.Tests.Commands;

public sealed class EnvironmentFileTests
{
    [Theory]
    [InlineData("KEY=sk-1", "sk-1")]
    [InlineData("  KEY = sk-1 ", "sk-1")]
    [InlineData("KEY=\"sk 1\"", "sk 1")]
    [InlineData("KEY=\"a\\\"b\\\\c\"", "a\"b\\c")]
    [InlineData("KEY='a\\b'", "a\\b")]
    [InlineData("KEY=first\nKEY=second", "second")]
    [InlineData("KEY=one\\\ntwo", "onetwo")]
    [InlineData("KEY=a=b#c", "a=b#c")]
    [InlineData("KEY=\"open", "\"open")]
    [InlineData("KEY=", "")]
    [InlineData("#KEY=x\n;KEY=y\nno variable\n=z\r\nKEY=sk-1\r\n", "sk-1")]
    public void Values_are_read_as_systemd_reads_them(string text, string value) => Assert.Equal(value, EnvironmentFile.Parse(text)["KEY"]);

    [Fact]
    public void The_file_stands_in_front_of_the_process()
    {
        string path = Path.GetTempFileName();
        File.WriteAllText(path, "KEY=file\n");

        EnvironmentFile? file = EnvironmentFile.Read(path, new FakeEnvironment(("KEY", "process"), ("OTHER", "process")), out _);
        File.Delete(path);

        Assert.NotNull(file);
        Assert.Equal(("file", "process", null), (file.Get("KEY"), file.Get("OTHER"), file.Get("NONE")));
    }

    [Fact]
    public void A_file_that_is_missing_is_named()
    {
        Assert.Null(EnvironmentFile.Read("/no/such/file", new FakeEnvironment(), out string problem));
        Assert.Contains("/no/such/file", problem);
    }
}
