using Busbar.Commands;

namespace Busbar.Tests.Commands;

public sealed class VersionReportTests
{
    [Theory]
    [InlineData(0x300000F0L, "3.0.15")]
    [InlineData(0x30500040L, "3.5.4")]
    [InlineData(0x40100000L, "4.1.0")]
    public void The_number_of_OpenSSL_is_read_as_its_manual_says(long number, string version) => Assert.Equal(version, VersionReport.OpenSsl(number));
}
